#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pool/net_stream.hpp"
#include "protocol/command.hpp"
#include "protocol/response_reader.hpp"

namespace proxy {

/// What a relay wants written to the client: pieces of the backend's buffer, which stay where they
/// are, and bytes made here.
class relay_output {
public:
    using buffers = pool::net_stream::buffers;

    bool empty() const noexcept { return pieces_.empty(); }
    std::size_t bytes() const noexcept;
    void clear() noexcept {
        pieces_.clear();
        made_.clear();
    }

    /// Bytes [from, to) of the input that take() was given.
    void add_input(std::size_t from, std::size_t to);
    /// Where to append made bytes; add_made(from) then says that they are complete.
    std::vector<std::uint8_t>& made() noexcept { return made_; }
    void add_made(std::size_t from);

    /// `input` is what take() was given.  Valid until the next change of either.
    buffers gather(std::span<const std::uint8_t> input) const;
    /// Likewise, copied to where there is room for bytes().
    void copy_to(std::uint8_t* out, std::span<const std::uint8_t> input) const noexcept;
    void append_to(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> input) const;

private:
    struct piece {
        bool is_made;
        std::size_t from;
        std::size_t to;
    };
    boost::container::small_vector<piece, 8> pieces_;
    std::vector<std::uint8_t> made_;
};

/// Sees the packets of a response that say something about the session.
class response_observer {
public:
    virtual ~response_observer() = default;
    /// Every OK packet, as the end of a result too.  Returns the session state (trackers) that the
    /// client is to be told; the view must hold until the next call.
    virtual protocol::bytes_view on_ok(const protocol::ok_packet& ok) = 0;
    virtual void on_err(const protocol::err_packet& err) = 0;
};

/// Turns one command's response from the backend into what its client negotiated, without a socket.
///
/// Rows and definitions are forwarded where they lie; only the sequence ids in their headers
/// change. Backend connections always use CLIENT_DEPRECATE_EOF and CLIENT_SESSION_TRACK; for
/// clients that do not, EOF packets are put in and OK packets written anew.
class response_relay {
public:
    struct options {
        protocol::command sent{};
        std::uint32_t backend_capabilities = 0;
        std::uint32_t client_capabilities = 0;
        std::uint16_t status = 0;  // the session's, for EOF packets in mid-response
        std::optional<std::uint32_t> statement_id{};  // told instead of the server's, for PREPARE
        bool hold_error = false;  // an ERR as the first packet is not forwarded: see held_error()
        std::uint16_t hold_code = 0;              // likewise, but only an ERR with this number
        std::string_view hold_text{};             // and with this in its message
        std::optional<std::uint16_t> warnings{};  // told instead of the server's
        bool opens_cursor = false;  // then no EOF comes between the columns and an error
        bool may_ask_file = false;  // the server may ask for a file of the client's
    };

    response_relay(const options& how, response_observer& observer);

    /// Takes what can be taken of `input` and adds what it becomes to `out`.
    /// Returns how many bytes were taken; they must stay in place until `out` has been written.
    /// Errors: what a server may not send.
    protocol::result<std::size_t> take(std::span<std::uint8_t> input, relay_output& out);

    /// How many bytes of input are needed in one piece for take() to go on; 1 mostly.
    std::size_t needed() const noexcept { return needed_; }
    bool done() const noexcept { return body_left_ == 0 && (reader_.done() || held_error_); }
    /// The client has been asked for a file, and the server waits for it: send it, then tell.
    bool awaits_file() const noexcept {
        return body_left_ == 0 && reader_.awaits_client_data() && !file_sent_;
    }
    void note_file_sent() noexcept { file_sent_ = true; }
    /// The sequence id of the client's next packet, and how far it is ahead of what the server
    /// expects.
    std::uint8_t next_sequence() const noexcept { return next_sequence_; }
    std::uint8_t sequence_shift() const noexcept { return shift_; }
    /// True once something was given out: from then on the command cannot be tried elsewhere.
    bool begun() const noexcept { return begun_; }
    /// With hold_error or hold_code: the response was an ERR alone, and the client has not been
    /// told.
    const std::optional<std::vector<std::uint8_t>>& held_error() const noexcept {
        return held_error_;
    }
    const protocol::response_reader& reader() const noexcept { return reader_; }
    std::uint16_t hold_code() const noexcept { return how_.hold_code; }

private:
    std::size_t take_body(std::size_t at, std::size_t available, relay_output& out);
    protocol::result<std::size_t> take_packet(std::span<std::uint8_t> input, std::size_t at,
                                              relay_output& out);
    protocol::result<void> take_whole(protocol::packet_role role, std::span<std::uint8_t> input,
                                      std::size_t at, relay_output& out);
    void forward(std::span<std::uint8_t> input, std::size_t from, std::size_t to,
                 relay_output& out);
    void forward_ok(protocol::packet_role role, protocol::ok_packet ok,
                    std::span<std::uint8_t> input, std::size_t at, relay_output& out);
    void make_eof(std::uint16_t warnings, std::uint16_t status, relay_output& out);
    void count_definition();
    void end_absent_definitions(const protocol::prepare_ok& prepared, relay_output& out);
    bool client_has(std::uint32_t flag) const noexcept {
        return (how_.client_capabilities & flag) != 0;
    }

    options how_;
    response_observer* observer_;
    protocol::response_reader reader_;
    std::optional<std::vector<std::uint8_t>> held_error_;
    std::size_t needed_ = 1;
    std::size_t body_left_ = 0;             // of a packet that is being forwarded
    std::uint32_t definitions_left_ = 0;    // until an EOF may be due
    std::uint32_t columns_to_prepare_ = 0;  // definitions that follow those of the parameters
    bool eof_due_ = false;                  // before the next packet, whatever it is
    bool eof_after_body_ = false;           // behind the packet that is being forwarded
    std::uint8_t shift_ = 0;                // added to the backend's sequence ids
    std::uint8_t next_sequence_ = 1;        // of the next packet to the client
    bool begun_ = false;
    bool file_sent_ = false;  // that was asked for last
};

}  // namespace proxy
