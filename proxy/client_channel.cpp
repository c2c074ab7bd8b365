#include "proxy/client_channel.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>

#include "protocol/capabilities.hpp"
#include "protocol/err_packet.hpp"
#include "protocol/ok_packet.hpp"
#include "protocol/packet.hpp"
#include "protocol/proxy_header.hpp"
#include "protocol/text_result.hpp"

namespace proxy {
namespace asio = boost::asio;

namespace {

constexpr std::size_t first_growth_bytes = std::size_t{16} * 1024;
constexpr std::size_t long_read_bytes = std::size_t{16} * 1024;
// Copying so little costs less than a system call that is given the pieces.
constexpr std::size_t copied_bytes_max = 1024;
constexpr std::chrono::milliseconds memory_retry{20};

/// How much memory a command gets of which `have` bytes have come, and that has `whole`: a client
/// must send a part of what it has announced before Tidegate keeps room for it.
std::size_t next_size(std::size_t have, std::size_t whole) {
    return std::min(whole, std::max(first_growth_bytes, 4 * have));
}

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

/// The error that follows has the id that the packet should have had (tried on 9.7).
disconnect_reason out_of_order(client_command& command, std::uint8_t expected) {
    command.out_of_order = true;
    command.sequence = static_cast<std::uint8_t>(expected - 1);
    return disconnect_reason::malformed_packet;
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
    client_command& command, std::size_t packet_bytes_max, std::chrono::milliseconds memory_wait) {
    forget_command();
    stream_.begin_command();
    sleep_ = sleep::none;
    if (memory_.bytes() > 0 || !long_payload_.empty()) release_command();
    std::size_t needed = protocol::header_size;
    for (;;) {
        const std::span<std::uint8_t> bytes = input_.readable();
        if (bytes.size() >= protocol::header_size) {
            const auto header = protocol::decode_header(bytes.first<protocol::header_size>());
            if (header.sequence != 0) co_return out_of_order(command, 0);
            if (header.payload_size > packet_bytes_max)
                co_return disconnect_reason::packet_too_large;
            if (header.payload_size == protocol::payload_size_max)
                co_return co_await read_long_command(command, packet_bytes_max, memory_wait);
            needed = protocol::header_size + header.payload_size;
        }
        if (bytes.size() >= needed) break;
        if (bytes.empty()) {
            input_.release_if_empty();
            sleep_ = sleep::possible;
        } else {
            stuck_since_ = std::chrono::steady_clock::now();
        }
        if (input_.size() == input_.capacity() && !bytes.empty()) {
            const std::size_t larger = next_size(bytes.size(), needed);
            if (!memory_.resize(larger)) {
                const bool spared = co_await wait_for_memory(larger, memory_wait);
                if (!spared) {
                    const auto header =
                        protocol::decode_header(input_.readable().first<protocol::header_size>());
                    input_.consume(protocol::header_size);
                    co_return co_await drop_command(command, header, header.payload_size);
                }
            }
            input_.reserve(larger);
        }
        const boost::system::error_code failed = co_await stream_.read(input_);
        if (failed) co_return why_lost(failed);
        sleep_ = sleep::none;
    }
    stuck_since_.reset();
    const std::span<std::uint8_t> frame = input_.readable().first(needed);
    to_consume_ = needed;
    count_->bytes_from_clients.add(needed);
    command.payload = frame.subspan(protocol::header_size);
    command.frames = frame;
    // An empty packet is command 0 to a server, too (tried on 9.7): nothing that anybody knows.
    const bool empty = command.payload.empty();
    command.what = static_cast<protocol::command>(empty ? std::uint8_t{0} : command.payload[0]);
    command.sequence = 0;
    co_return std::nullopt;
}

/// Gives back what the last command needed beyond a block.  What has come of the next one with it
/// stays where it is.
void client_channel::release_command() noexcept {
    long_payload_ = {};
    long_frames_ = {};
    input_.release_if_empty();
    const bool block = input_.capacity() <= blocks_->block_bytes();
    memory_.resize(block ? 0 : input_.capacity());
}

pool::task<bool> client_channel::wait_for_memory(std::size_t bytes,
                                                 std::chrono::milliseconds memory_wait) {
    using clock = std::chrono::steady_clock;
    count_->memory_waits.add();
    stuck_since_.reset();  // it is not the client that keeps us waiting
    asio::steady_timer timer(stream_.socket().get_executor());
    const auto give_up = clock::now() + memory_wait;
    while (!memory_.resize(bytes)) {
        if (clock::now() >= give_up || !stream_.socket().is_open()) co_return false;
        // What other threads give back wakes nobody here.
        timer.expires_after(memory_retry);
        auto [stopped] = co_await timer.async_wait(pool::awaited);
        if (stopped) co_return false;
    }
    co_return true;
}

/// Reads on to the end of a command and keeps nothing of it.  `left` bytes of the payload of the
/// packet that began with `header` are in input_, or still to come.
pool::task<std::optional<disconnect_reason>> client_channel::drop_command(
    client_command& command, protocol::packet_header header, std::size_t left) {
    count_->memory_refusals.add();
    const protocol::bytes_view begun =
        long_payload_.empty() ? protocol::bytes_view(input_.readable()) : long_payload_;
    const std::size_t kept = std::min({begun.size(), left + long_payload_.size(), dropped_.size()});
    std::copy_n(begun.begin(), kept, dropped_.begin());
    command.payload = std::span(dropped_).first(kept);
    long_payload_ = {};
    long_frames_ = {};
    for (;;) {
        while (left > 0) {
            const std::size_t piece = std::min(left, input_.size());
            input_.consume(piece);
            left -= piece;
            if (left == 0) break;
            input_.release_if_empty();
            memory_.resize(0);
            stuck_since_ = std::chrono::steady_clock::now();
            const auto ended = co_await fill();
            if (ended) co_return ended;
        }
        if (header.payload_size < protocol::payload_size_max) break;
        const auto ended = co_await fill_header();
        if (ended) co_return ended;
        const auto next = protocol::decode_header(input_.readable().first<protocol::header_size>());
        const auto expected = static_cast<std::uint8_t>(header.sequence + 1);
        if (next.sequence != expected) co_return out_of_order(command, expected);
        header = next;
        input_.consume(protocol::header_size);
        left = header.payload_size;
    }
    stuck_since_.reset();
    command.dropped = true;
    command.what = static_cast<protocol::command>(command.payload[0]);
    command.sequence = header.sequence;
    co_return std::nullopt;
}

pool::task<std::optional<disconnect_reason>> client_channel::fill_header() {
    while (input_.size() < protocol::header_size) {
        stuck_since_ = std::chrono::steady_clock::now();
        const auto ended = co_await fill();
        if (ended) co_return ended;
    }
    co_return std::nullopt;
}

void client_channel::begin_sleep() noexcept {
    // What has begun is read to its end, and who sleeps already is left alone.
    if (sleep_ != sleep::possible || !input_.empty() || stream_.holds_bytes()) return;
    sleep_ = sleep::begins;
    boost::system::error_code ignored;
    stream_.socket().cancel(ignored);
}

pool::task<void> client_channel::sleep_on() {
    sleep_ = sleep::lasts;
    input_.release_if_empty();
    stream_.release_buffers();
    auto [failed] =
        co_await stream_.socket().async_wait(asio::ip::tcp::socket::wait_read, pool::awaited);
    (void)failed;  // the next read finds it
}

/// A command of several packets.  Kept twice: as it came, and the payload in one piece.
pool::task<std::optional<disconnect_reason>> client_channel::read_long_command(
    client_command& command, std::size_t packet_bytes_max, std::chrono::milliseconds memory_wait) {
    // As many packets as a payload may have need so much for their headers, which is always there.
    const std::size_t headers =
        (packet_bytes_max / protocol::payload_size_max + 1) * protocol::header_size;
    input_.reserve(long_read_bytes);
    std::uint8_t sequence = 0;
    protocol::packet_header header;
    do {
        const auto none = co_await fill_header();
        if (none) co_return none;
        const auto start = input_.readable().first<protocol::header_size>();
        header = protocol::decode_header(start);
        if (header.sequence != sequence) co_return out_of_order(command, sequence);
        ++sequence;
        if (long_payload_.size() + header.payload_size > packet_bytes_max)
            co_return disconnect_reason::packet_too_large;
        long_frames_.insert(long_frames_.end(), start.begin(), start.end());
        input_.consume(protocol::header_size);
        for (std::size_t left = header.payload_size; left > 0;) {
            if (input_.empty()) {
                stuck_since_ = std::chrono::steady_clock::now();
                const auto ended = co_await fill();
                if (ended) co_return ended;
            }
            const auto piece = input_.readable().first(std::min(left, input_.size()));
            const std::size_t size = long_payload_.size() + piece.size();
            if (size > long_payload_.capacity()) {
                const std::size_t larger = next_size(size, long_payload_.size() + left);
                const std::size_t total = 2 * larger + long_read_bytes;
                if (!memory_.resize(total)) {
                    const bool spared = co_await wait_for_memory(total, memory_wait);
                    if (!spared) co_return co_await drop_command(command, header, left);
                }
                long_payload_.reserve(larger);
                long_frames_.reserve(larger + headers);
            }
            long_payload_.insert(long_payload_.end(), piece.begin(), piece.end());
            long_frames_.insert(long_frames_.end(), piece.begin(), piece.end());
            input_.consume(piece.size());
            left -= piece.size();
        }
    } while (header.payload_size == protocol::payload_size_max);
    stuck_since_.reset();
    count_->bytes_from_clients.add(long_frames_.size());
    command.payload = long_payload_;
    command.frames = long_frames_;
    command.what = static_cast<protocol::command>(command.payload[0]);
    command.sequence = header.sequence;
    co_return std::nullopt;
}

pool::task<std::optional<disconnect_reason>> client_channel::read_more(std::size_t room) {
    // Without memory to spare it comes in smaller pieces.
    const bool spared = room > input_.capacity() && memory_.resize(room);
    input_.reserve(spared ? room : input_.size() + 1);
    const std::size_t before = input_.size();
    const auto ended = co_await fill();
    count_->bytes_from_clients.add(input_.size() - before);
    co_return ended;
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

pool::task<bool> client_channel::send(relay_output& output, std::span<const std::uint8_t> input) {
    const std::size_t size = output.bytes();
    count_->bytes_to_clients.add(size);
    std::size_t sent = 0;
    if (size <= copied_bytes_max && stream_.is_plain()) {
        std::array<std::uint8_t, copied_bytes_max> copy;
        output.copy_to(copy.data(), input);
        sent = stream_.write_now({copy.data(), size});
    } else {
        sent = stream_.write_now(output.gather(input));
    }
    if (sent == size) return true;
    return send_rest(std::move(output), input, sent);
}

pool::task<bool> client_channel::send_rest(relay_output output, std::span<const std::uint8_t> input,
                                           std::size_t sent) {
    relay_output::buffers pieces = output.gather(input);
    auto first = pieces.begin();
    for (; sent >= first->size(); ++first) sent -= first->size();
    *first += sent;
    pieces.erase(pieces.begin(), first);
    writing_since_ = std::chrono::steady_clock::now();
    const boost::system::error_code failed = co_await stream_.write(pieces);
    writing_since_.reset();
    co_return !failed;
}

pool::task<bool> client_channel::send_ok(const client_command& command, protocol::ok_packet ok) {
    const std::vector<std::uint8_t> answer = framed(
        command, [&](protocol::writer& packet) { protocol::encode(ok, capabilities_, packet); });
    co_return co_await send(answer);
}

pool::task<bool> client_channel::send_result_end(const client_command& command,
                                                 protocol::ok_packet end) {
    const std::vector<std::uint8_t> answer = framed(command, [&](protocol::writer& packet) {
        if ((capabilities_ & protocol::capability::deprecate_eof) != 0) {
            end.header = protocol::ok_packet::result_end_header;
            protocol::encode(end, capabilities_, packet);
        } else {
            protocol::encode(protocol::eof_packet{end.warnings, end.status}, packet);
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

void client_channel::say_goodbye(const pool::server_refusal& why) {
    std::vector<std::uint8_t> bytes;
    std::uint8_t sequence = 0;
    const std::size_t header_at = protocol::begin_packet(bytes);
    protocol::writer packet(bytes);
    protocol::encode(protocol::err_packet{why.code, why.sqlstate, why.message}, packet);
    protocol::finish_packet(bytes, header_at, sequence);
    stream_.begin_command();
    stream_.try_write(bytes);
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
