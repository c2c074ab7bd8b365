#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "pool/task.hpp"

#include "pool/backend_connection.hpp"
#include "pool/memory_budget.hpp"
#include "pool/net_stream.hpp"
#include "pool/receive_buffer.hpp"
#include "protocol/command.hpp"
#include "protocol/ok_packet.hpp"
#include "protocol/packet.hpp"
#include "protocol/text_row.hpp"
#include "proxy/disconnect_reason.hpp"
#include "proxy/response_relay.hpp"
#include "proxy/worker_counters.hpp"

namespace proxy {

/// One command as a client sent it.  The spans hold until the next command is read.
struct client_command {
    protocol::command what{};
    std::span<std::uint8_t> payload{};  // the command byte included
    std::span<std::uint8_t> frames{};   // with packet headers, ready to be sent on as they are
    std::uint8_t sequence = 0;          // of its last packet: an answer begins with the next one
    /// There was no memory for it.  It has been read and thrown away, but for the first bytes of
    /// the payload, enough for the id of a statement; there are no frames.
    bool dropped = false;
    /// One of its packets had another id than the next one: there is nothing of it but the id of
    /// the packet before.
    bool out_of_order = false;

    protocol::bytes_view argument() const noexcept { return payload.subspan(1); }
};

/// A client's packets: commands in, answers out.
class client_channel {
public:
    /// `memory` is what commands are read into, beyond a block each; null: there is no limit.
    client_channel(boost::asio::ip::tcp::socket socket, pool::block_pool& blocks,
                   worker_counters& count, pool::memory_ledger* memory = nullptr)
        : stream_(std::move(socket)),
          blocks_(&blocks),
          input_(blocks),
          count_(&count),
          memory_(memory, pool::memory_use::commands) {}

    pool::net_stream& stream() noexcept { return stream_; }
    pool::receive_buffer& input() noexcept { return input_; }
    std::uint32_t capabilities() const noexcept { return capabilities_; }
    void set_capabilities(std::uint32_t negotiated) noexcept { capabilities_ = negotiated; }
    /// Once the login is over: what is sent and read from here on is compressed, if `how` says so.
    void start_compression(const protocol::compression& how);

    /// Reads the PROXY header that must come first on this connection, and sets `address` if the
    /// header names a client.  Returns why there is none, if there is none.
    pool::task<std::optional<disconnect_reason>> read_proxy_header(std::string& address);

    /// Reads the next command.  Returns why there is none, if there is none.
    ///
    /// A long command gets memory as its bytes come.  If there is none to spare its reading stops,
    /// for at most `memory_wait`; then the rest is thrown away: see client_command::dropped.
    /// @param packet_bytes_max  The longest payload taken; a longer one ends the connection.
    pool::task<std::optional<disconnect_reason>> read_command(
        client_command& command, std::size_t packet_bytes_max,
        std::chrono::milliseconds memory_wait = std::chrono::milliseconds::zero());
    /// Since when a command that has begun to come has not gone on; nothing if none has.
    std::optional<std::chrono::steady_clock::time_point> stuck_since() const noexcept {
        return stuck_since_;
    }

    /// Reads at least one byte into input(), which has room for `room`.  Returns why there is none,
    /// if there is none.
    pool::task<std::optional<disconnect_reason>> read_more(std::size_t room);

    /// Gives up the bytes of the last command, whose spans end here, before the next is read.
    void forget_command() noexcept { input_.consume(std::exchange(to_consume_, 0)); }

    /// For a client that is idle: read_command(), if it waits for the first byte of a command, ends
    /// with falls_asleep(), and all its memory is free.
    void begin_sleep() noexcept;
    bool falls_asleep() const noexcept { return sleep_ == sleep::begins; }
    /// Waits until there is something to read, or the connection has ended: then read again.
    pool::task<void> sleep_on();

    /// These write an answer to `command` and return false if the client is gone.
    pool::task<bool> send_ok(const client_command& command, protocol::ok_packet ok);
    pool::task<bool> send_result_end(const client_command& command, protocol::ok_packet end);
    pool::task<bool> send_error(const client_command& command, pool::server_refusal error);
    pool::task<bool> send_row(const client_command& command, std::uint16_t status,
                              std::vector<std::string_view> names, std::vector<std::string> values);

    /// Says why the connection ends, unasked, if that can be done at once.
    void say_goodbye(const pool::server_refusal& why);

    /// Since when one write has been under way; nothing if none is.
    std::optional<std::chrono::steady_clock::time_point> writing_since() const noexcept {
        return writing_since_;
    }

    pool::task<bool> send(protocol::bytes_view bytes);
    /// Sends what a relay has made of `input`, which must stay until then.  What cannot be sent at
    /// once is taken out of `output`.
    pool::task<bool> send(relay_output& output, std::span<const std::uint8_t> input);

private:
    using maybe_reason = std::optional<disconnect_reason>;

    pool::task<maybe_reason> read_long_command(client_command& command,
                                               std::size_t packet_bytes_max,
                                               std::chrono::milliseconds memory_wait);
    pool::task<maybe_reason> drop_command(client_command& command, protocol::packet_header header,
                                          std::size_t left);
    void release_command() noexcept;
    pool::task<bool> wait_for_memory(std::size_t bytes, std::chrono::milliseconds memory_wait);
    pool::task<maybe_reason> fill();
    pool::task<maybe_reason> fill_header();
    pool::task<bool> send_rest(protocol::bytes_view bytes);
    pool::task<bool> send_rest(relay_output output, std::span<const std::uint8_t> input,
                               std::size_t sent);

    pool::net_stream stream_;
    pool::block_pool* blocks_;
    pool::receive_buffer input_;
    worker_counters* count_;
    std::uint32_t capabilities_ = 0;
    enum class sleep : std::uint8_t { none, possible, begins, lasts } sleep_ = sleep::none;
    std::optional<std::chrono::steady_clock::time_point> writing_since_{};
    std::optional<std::chrono::steady_clock::time_point> stuck_since_{};
    pool::memory_share memory_;
    std::size_t to_consume_ = 0;              // the last command's bytes in input_
    std::vector<std::uint8_t> long_payload_;  // of a command of 16 MiB or more
    std::vector<std::uint8_t> long_frames_;
    std::array<std::uint8_t, 8> dropped_{};  // the beginning of a command that was
};

}  // namespace proxy
