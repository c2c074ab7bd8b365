#include "proxy/client_channel.hpp"

#include <algorithm>

#include "protocol/capabilities.hpp"
#include "protocol/err_packet.hpp"
#include "protocol/ok_packet.hpp"
#include "protocol/packet.hpp"
#include "protocol/proxy_header.hpp"
#include "protocol/text_result.hpp"

namespace proxy {
namespace asio = boost::asio;

namespace {

std::string to_text(const protocol::network_endpoint& end) {
    if (end.is_v6) return asio::ip::address_v6(end.address).to_string();
    asio::ip::address_v4::bytes_type bytes;
    std::copy_n(end.address.begin(), bytes.size(), bytes.begin());
    return asio::ip::address_v4(bytes).to_string();
}

disconnect_reason why_lost(const boost::system::error_code& failed) {
    return failed.category() == protocol::error_category() ? disconnect_reason::malformed_packet
                                                           : disconnect_reason::client_lost;
}

/// One packet that answers `command`; encode(writer&) fills in its payload.
template <class Encode>
std::vector<std::uint8_t> framed(const client_command& command, Encode encode) {
    std::vector<std::uint8_t> bytes;
    auto sequence = static_cast<std::uint8_t>(command.sequence + 1);
    const std::size_t header_at = protocol::begin_packet(bytes);
    protocol::writer packet(bytes);
    encode(packet);
    protocol::finish_packet(bytes, header_at, sequence);
    return bytes;
}

}  // namespace

void client_channel::start_compression(const protocol::compression& how) {
    const bool wanted = how.algorithm != protocol::compression_algorithm::none;
    if (wanted && !stream_.is_compressed()) stream_.start_compression(how, *blocks_, input_);
}

pool::task<std::optional<disconnect_reason>> client_channel::fill() {
    const boost::system::error_code failed = co_await stream_.read(input_);
    if (failed) co_return why_lost(failed);
    co_return std::nullopt;
}

pool::task<std::optional<disconnect_reason>> client_channel::read_proxy_header(
    std::string& address) {
    for (;;) {
        const auto decoded = protocol::decode_proxy_header(input_.readable());
        if (!decoded) co_return disconnect_reason::no_proxy_header;
        if (*decoded) {
            input_.consume((*decoded)->size);
            const auto& ends = (*decoded)->header.passed_on;
            if (ends) address = to_text(ends->source);
            co_return std::nullopt;
        }
        if (!input_.empty()) input_.reserve(protocol::proxy_header_v2_bytes_max);
        const auto ended = co_await fill();
        if (ended) co_return ended;
    }
}

pool::task<std::optional<disconnect_reason>> client_channel::read_command(
    client_command& command, std::size_t packet_bytes_max) {
    forget_command();
    stream_.begin_command();
    if (!long_payload_.empty()) {
        long_payload_ = {};
        long_frames_ = {};
    }
    std::size_t needed = protocol::header_size + 1;
    for (;;) {
        const std::span<std::uint8_t> bytes = input_.readable();
        if (bytes.size() >= protocol::header_size) {
            const auto header = protocol::decode_header(bytes.first<protocol::header_size>());
            if (header.sequence != 0 || header.payload_size == 0)
                co_return disconnect_reason::malformed_packet;
            if (header.payload_size > packet_bytes_max)
                co_return disconnect_reason::packet_too_large;
            if (header.payload_size == protocol::payload_size_max)
                co_return co_await read_long_command(command, packet_bytes_max);
            needed = protocol::header_size + header.payload_size;
        }
        if (bytes.size() >= needed) break;
        if (bytes.empty()) input_.release_if_empty();
        if (needed > protocol::header_size + 1) input_.reserve(needed);
        const boost::system::error_code failed = co_await stream_.read(input_);
        if (failed) co_return why_lost(failed);
    }
    const std::span<std::uint8_t> frame = input_.readable().first(needed);
    to_consume_ = needed;
    count_->bytes_from_clients.add(needed);
    command.payload = frame.subspan(protocol::header_size);
    command.frames = frame;
    command.what = static_cast<protocol::command>(command.payload[0]);
    command.sequence = 0;
    co_return std::nullopt;
}

pool::task<std::optional<disconnect_reason>> client_channel::read_long_command(
    client_command& command, std::size_t packet_bytes_max) {
    protocol::packet_assembler packets(packet_bytes_max);
    while (!packets.complete()) {
        if (input_.empty()) {
            const auto ended = co_await fill();
            if (ended) co_return ended;
        }
        const auto taken = packets.feed(input_.readable());
        if (!taken)
            co_return taken.error() == protocol::errc::too_long
                ? disconnect_reason::packet_too_large
                : disconnect_reason::malformed_packet;
        input_.consume(*taken);
    }
    const protocol::bytes_view whole = packets.payload();
    long_payload_.assign(whole.begin(), whole.end());
    std::uint8_t sequence = 0;
    protocol::append_packet(long_frames_, whole, sequence);
    count_->bytes_from_clients.add(long_frames_.size());
    command.payload = long_payload_;
    command.frames = long_frames_;
    command.what = static_cast<protocol::command>(command.payload[0]);
    command.sequence = packets.sequence();
    co_return std::nullopt;
}

pool::task<bool> client_channel::send(protocol::bytes_view bytes) {
    count_->bytes_to_clients.add(bytes.size());
    const std::size_t sent = stream_.write_now(bytes);
    if (sent == bytes.size()) return true;
    return send_rest(bytes.subspan(sent));
}

pool::task<bool> client_channel::send_rest(protocol::bytes_view bytes) {
    writing_since_ = std::chrono::steady_clock::now();
    const boost::system::error_code failed = co_await stream_.write(bytes);
    writing_since_.reset();
    co_return !failed;
}

pool::task<bool> client_channel::send(pool::net_stream::buffers pieces) {
    const std::size_t size = asio::buffer_size(pieces);
    count_->bytes_to_clients.add(size);
    std::size_t sent = stream_.write_now(pieces);
    if (sent == size) return true;
    auto first = pieces.begin();
    for (; sent >= first->size(); ++first) sent -= first->size();
    *first += sent;
    pieces.erase(pieces.begin(), first);
    return send_rest(std::move(pieces));
}

pool::task<bool> client_channel::send_rest(pool::net_stream::buffers pieces) {
    writing_since_ = std::chrono::steady_clock::now();
    const boost::system::error_code failed = co_await stream_.write(pieces);
    writing_since_.reset();
    co_return !failed;
}

pool::task<bool> client_channel::send_ok(const client_command& command, std::uint16_t status) {
    const std::vector<std::uint8_t> answer = framed(command, [&](protocol::writer& packet) {
        protocol::encode(protocol::ok_packet{.status = status}, capabilities_, packet);
    });
    co_return co_await send(answer);
}

pool::task<bool> client_channel::send_result_end(const client_command& command,
                                                 std::uint16_t status) {
    const std::vector<std::uint8_t> answer = framed(command, [&](protocol::writer& packet) {
        if ((capabilities_ & protocol::capability::deprecate_eof) != 0) {
            protocol::ok_packet end{.status = status};
            end.header = protocol::ok_packet::result_end_header;
            protocol::encode(end, capabilities_, packet);
        } else {
            protocol::encode(protocol::eof_packet{0, status}, packet);
        }
    });
    co_return co_await send(answer);
}

pool::task<bool> client_channel::send_error(const client_command& command,
                                            pool::server_refusal error) {
    const std::vector<std::uint8_t> answer = framed(command, [&](protocol::writer& packet) {
        protocol::encode(protocol::err_packet{error.code, error.sqlstate, error.message}, packet);
    });
    co_return co_await send(answer);
}

pool::task<bool> client_channel::send_row(const client_command& command, std::uint16_t status,
                                          std::vector<std::string_view> names,
                                          std::vector<std::string> values) {
    std::vector<std::uint8_t> bytes;
    auto sequence = static_cast<std::uint8_t>(command.sequence + 1);
    std::vector<protocol::column_definition> columns;
    std::vector<protocol::text_value> row;
    for (const std::string_view name : names) {
        protocol::column_definition column;
        column.name = name;
        column.length = 1024;
        columns.push_back(column);
    }
    for (const std::string& value : values) row.emplace_back(value);
    protocol::text_result_writer result(bytes, capabilities_, sequence);
    result.columns(columns, status);
    result.row(row);
    result.end(protocol::ok_packet{.status = status});
    co_return co_await send(bytes);
}

}  // namespace proxy
