#pragma once

#include <cstdint>
#include <optional>

#include "protocol/bytes.hpp"
#include "protocol/command.hpp"
#include "protocol/eof_packet.hpp"
#include "protocol/err_packet.hpp"
#include "protocol/error.hpp"
#include "protocol/ok_packet.hpp"
#include "protocol/packet.hpp"
#include "protocol/prepare_ok.hpp"

namespace protocol {

/// What a packet from a server is, within the response to one command.
enum class packet_role : std::uint8_t {
    ok,                    ///< The end of a result without rows.
    err,                   ///< The end of the response.
    local_infile,          ///< The server wants a file of the client; see awaits_client_data().
    column_count,          ///< The start of a result with rows.
    column_definition,     ///
    eof_after_columns,     ///< Absent with CLIENT_DEPRECATE_EOF.
    row,                   ///< Of either protocol, or an event of a binlog dump.
    row_continuation,      ///< What follows a packet of 16 MiB - 1 bytes, of whatever role.
    result_end,            ///< EOF, or OK with the header 0xfe.
    prepare_ok,            ///
    parameter_definition,  ///
    eof_after_parameters,  ///< Absent with CLIENT_DEPRECATE_EOF.
    statistics_text,       ///
    malformed,             ///< Nothing a server may send now; advance() fails.
    oversized,             ///< Needed whole, but longer than needed_payload_bytes_max; likewise.
};

const char* to_string(packet_role role) noexcept;

/// Follows the response to one command packet by packet, for a relay that forwards bodies unseen:
///
///   response_reader reader(command::query, capabilities);
///   while (!reader.done()) {
///       read a header and, unless the payload is empty, its first byte
///       role = reader.classify(header.payload_size, first_byte);
///       if (response_reader::needs_payload(role)) read the whole payload
///       if (auto moved = reader.advance(role, header.payload_size, payload); !moved) close
///       forward
///   }
///
/// Knows results in sequence (multi-statements, procedures), cursors, files asked from the client
/// and payloads of more than 16 MiB, in which a continuation may begin with any byte.  Holds no
/// bytes: the views in last_ok() and last_err() point into the payload that advance() was given.
///
/// What compression does must have been undone.  COM_CHANGE_USER is a
/// login conversation and not for this reader: its packets are malformed here.
class response_reader {
public:
    /// Longest packet that is read whole: definitions and rows never are, so only OK packets with
    /// session state and error messages count.
    static constexpr std::uint32_t needed_payload_bytes_max = 1u << 20;

    /// `capabilities` are those of the server connection that the response is read from.
    response_reader(command sent, std::uint32_t capabilities) noexcept;

    /// What the next packet is.  With a payload_size of 0 there is no first byte: give any.
    packet_role classify(std::uint32_t payload_size, std::uint8_t first_byte) const noexcept;

    /// True when advance() must be given the whole payload, false when it ignores it.
    static bool needs_payload(packet_role role) noexcept;

    /// Moves past the packet.  `role` is what classify() said for this size.
    /// Errors: malformed, limit_exceeded, and those of the packets' decoders.  An error is final.
    result<void> advance(packet_role role, std::uint32_t payload_size, bytes_view payload = {});

    /// True when the server will send nothing more for this command; at once for one without
    /// answer.
    bool done() const noexcept { return state_ == state::done && !continues_; }

    /// True between a local_infile packet and the server's verdict.  The client now sends packets
    /// (the relay forwards them) up to and including an empty one; then this reader's next packet
    /// comes.
    bool awaits_client_data() const noexcept { return state_ == state::after_local_infile; }

    /// True once the first packet has been seen: from then on the command cannot be tried
    /// elsewhere.
    bool begun() const noexcept { return begun_; }

    /// True if the response is complete and ended with an ERR packet.
    bool failed() const noexcept { return error_.has_value(); }

    std::uint16_t status() const noexcept { return status_; }      // of the last OK or EOF
    std::uint16_t warnings() const noexcept { return warnings_; }  // of the last OK or EOF
    std::uint32_t columns() const noexcept { return columns_; }    // of the current result
    /// Of its definitions: none, from the start, if its client does without.
    std::uint32_t definitions_left() const noexcept { return definitions_left_; }
    std::uint32_t results() const noexcept {
        return results_;
    }  // finished so far, 1 or more when done

    /// The OK packet that advance() has just been given (also as result_end); else null.
    const ok_packet* last_ok() const noexcept { return ok_ ? &*ok_ : nullptr; }
    /// The ERR packet that ended the response; else null.
    const err_packet* last_err() const noexcept { return error_ ? &*error_ : nullptr; }
    /// The answer to COM_STMT_PREPARE, once it has been seen; else null.
    const prepare_ok* prepared() const noexcept { return prepared_ ? &*prepared_ : nullptr; }

private:
    enum class state : std::uint8_t {
        start,
        after_local_infile,
        columns,
        eof_after_columns,
        rows,
        prepare_start,
        parameters,
        eof_after_parameters,
        prepared_columns,
        eof_after_prepared_columns,
        field_list,
        statistics,
        done,
    };

    packet_role role_in_state(std::uint32_t payload_size, std::uint8_t first_byte) const noexcept;
    packet_role role_at_start(std::uint8_t first_byte) const noexcept;
    bool is_result_end(std::uint32_t payload_size, std::uint8_t first_byte) const noexcept;
    result<void> on_column_count(bytes_view payload);
    void on_definition() noexcept;
    result<void> on_inner_eof(bytes_view payload);
    result<void> on_prepare_ok(bytes_view payload);
    void begin_prepared_columns() noexcept;
    result<void> on_end(bytes_view payload);
    result<void> on_err(bytes_view payload);
    void end_result() noexcept;
    void end_response() noexcept;

    command command_;
    bool deprecate_eof_;
    std::uint32_t capabilities_;
    state state_;
    bool continues_ = false;  // the last packet was full: the next one goes on with its payload
    bool begun_ = false;
    std::uint16_t status_ = 0;
    std::uint16_t warnings_ = 0;
    std::uint32_t columns_ = 0;
    std::uint32_t definitions_left_ = 0;
    std::uint32_t results_ = 0;
    std::optional<ok_packet> ok_;
    std::optional<err_packet> error_;
    std::optional<prepare_ok> prepared_;
};

}  // namespace protocol
