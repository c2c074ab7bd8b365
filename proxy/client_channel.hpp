#pragma once

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
#include "pool/net_stream.hpp"
#include "pool/receive_buffer.hpp"
#include "protocol/command.hpp"
#include "protocol/text_row.hpp"
#include "proxy/disconnect_reason.hpp"
#include "proxy/worker_counters.hpp"

namespace proxy {

/// One command as a client sent it.  The spans hold until the next command is read.
struct client_command {
    protocol::command what{};
    std::span<std::uint8_t> payload{};  // the command byte included
    std::span<std::uint8_t> frames{};   // with packet headers, ready to be sent on as they are
    std::uint8_t sequence = 0;          // of its last packet: an answer begins with the next one

    protocol::bytes_view argument() const noexcept { return payload.subspan(1); }
};

/// A client's packets: commands in, answers out.
class client_channel {
public:
    client_channel(boost::asio::ip::tcp::socket socket, pool::block_pool& blocks,
                   worker_counters& count)
        : stream_(std::move(socket)), blocks_(&blocks), input_(blocks), count_(&count) {}

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
    /// @param packet_bytes_max  The longest payload taken; a longer one ends the connection.
    pool::task<std::optional<disconnect_reason>> read_command(client_command& command,
                                                              std::size_t packet_bytes_max);

    /// Gives up the bytes of the last command, whose spans end here, before the next is read.
    void forget_command() noexcept { input_.consume(std::exchange(to_consume_, 0)); }

    /// These write an answer to `command` and return false if the client is gone.
    pool::task<bool> send_ok(const client_command& command, std::uint16_t status);
    pool::task<bool> send_result_end(const client_command& command, std::uint16_t status);
    pool::task<bool> send_error(const client_command& command, pool::server_refusal error);
    pool::task<bool> send_row(const client_command& command, std::uint16_t status,
                              std::vector<std::string_view> names, std::vector<std::string> values);

    /// Since when one write has been under way; nothing if none is.
    std::optional<std::chrono::steady_clock::time_point> writing_since() const noexcept {
        return writing_since_;
    }

    pool::task<bool> send(protocol::bytes_view bytes);
    pool::task<bool> send(pool::net_stream::buffers pieces);

private:
    pool::task<std::optional<disconnect_reason>> read_long_command(client_command& command,
                                                                   std::size_t packet_bytes_max);
    pool::task<std::optional<disconnect_reason>> fill();
    pool::task<bool> send_rest(protocol::bytes_view bytes);
    pool::task<bool> send_rest(pool::net_stream::buffers pieces);

    pool::net_stream stream_;
    pool::block_pool* blocks_;
    pool::receive_buffer input_;
    worker_counters* count_;
    std::uint32_t capabilities_ = 0;
    std::optional<std::chrono::steady_clock::time_point> writing_since_{};
    std::size_t to_consume_ = 0;              // the last command's bytes in input_
    std::vector<std::uint8_t> long_payload_;  // of a command of 16 MiB or more
    std::vector<std::uint8_t> long_frames_;
};

}  // namespace proxy
