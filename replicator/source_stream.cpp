#include "replicator/source_stream.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <thread>
#include <vector>

#include "protocol/binlog_dump.hpp"
#include "protocol/binlog_events.hpp"
#include "protocol/client_login.hpp"
#include "protocol/command.hpp"
#include "protocol/eof_packet.hpp"
#include "protocol/err_packet.hpp"
#include "protocol/ok_packet.hpp"
#include "protocol/packet.hpp"
#include "replicator/transaction_assembler.hpp"

namespace replicator {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

constexpr std::size_t read_bytes = 256 * 1024;
constexpr std::chrono::seconds login_max{10};  // to connect, log in, and get the first event
constexpr int silent_heartbeats_max = 3;

// One event: the largest the server sends, with the OK byte before it.
constexpr std::size_t payload_bytes_max = (std::size_t{1} << 30) + 1024;

// What a replica says before it asks for the binlog (see protocol/binlog_dump.hpp).  The last one
// is about us: while the queue is full nobody reads, and the source must not take us for dead.
std::string replica_settings(const stream_options& options) {
    const auto period = std::to_string(
        std::chrono::duration_cast<std::chrono::nanoseconds>(options.heartbeat).count());
    const std::string& uuid = options.identity.uuid;
    return "SET @source_binlog_checksum = 'CRC32', @master_binlog_checksum = 'CRC32', "
           "@source_heartbeat_period = " +
           period + ", @master_heartbeat_period = " + period + ", @replica_uuid = '" + uuid +
           "', @slave_uuid = '" + uuid + "', net_write_timeout = 3600";
}

// A format description of a file without checksums.  It still carries one, but a dump thread that
// edits the event (time of creation, in-use flag) leaves it as it was, so it proves nothing.
bool announces_no_checksums(protocol::bytes_view bytes) {
    constexpr std::size_t checksum_bytes = 4;
    const auto header = protocol::decode_event_header(bytes);
    return header && header->type == protocol::event_type::format_description &&
           bytes.size() > protocol::event_header::size + checksum_bytes &&
           bytes[bytes.size() - checksum_bytes - 1] ==
               static_cast<std::uint8_t>(protocol::checksum_algorithm::none);
}

}  // namespace

failure dump_failure(unsigned number, std::string_view message) {
    constexpr unsigned fatal_reading_binlog = 1236;
    constexpr std::array<unsigned, 4> denied{1045, 1142, 1227, 1044};
    const std::string text =
        "source: error " + std::to_string(number) + ", " + std::string(message);
    if (number == fatal_reading_binlog) {
        if (message.find("more GTIDs") != std::string_view::npos) {
            return fail(errc::source_behind,
                        "the edge has transactions that the source has lost (after a failover?), "
                        "so it must be copied anew once the loss is understood; " +
                            text);
        }
        if (message.find("purged") != std::string_view::npos) {
            return fail(
                errc::history_purged,
                "the source has purged binlogs that the edge still needs: copy it anew, and "
                "raise binlog_expire_logs_seconds; " +
                    text);
        }
    }
    const bool refused = std::find(denied.begin(), denied.end(), number) != denied.end();
    return fail(refused ? errc::source_unfit : errc::source_lost, text);
}

/// The stream's thread, its socket, and the conversation on it from connecting to the last event.
class source_stream::reader {
public:
    reader(stream_options options, std::shared_ptr<const edge_tables> kept,
           transaction_queue& queue, stop_signal& stop)
        : options_(std::move(options)),
          queue_(queue),
          stop_(stop),
          assembler_(std::move(kept), options_.transaction_bytes_max),
          socket_(io_),
          silence_(io_),
          packets_(payload_bytes_max),
          buffer_(read_bytes),
          thread_([this] { run(); }) {}

    ~reader() {
        queue_.abandon();
        asio::post(io_, [this] { close(); });
        thread_.join();
    }

private:
    void run();
    asio::awaitable<failure> converse();
    asio::awaitable<result<void>> connect();
    asio::awaitable<result<void>> log_in();
    asio::awaitable<result<void>> ask();
    asio::awaitable<result<protocol::bytes_view>> read();
    asio::awaitable<result<void>> write(protocol::bytes_view packets);
    asio::awaitable<result<void>> command(protocol::bytes_view payload);
    asio::awaitable<void> watch();

    result<void> take(protocol::bytes_view payload);
    result<void> take_event(protocol::bytes_view bytes);
    void may_be_silent_for(clock::duration duration) { deadline_ = clock::now() + duration; }
    void close();
    failure lost(const std::string& why) const;

    stream_options options_;
    transaction_queue& queue_;
    stop_signal& stop_;
    transaction_assembler assembler_;
    protocol::checksum_algorithm checksum_ = protocol::checksum_algorithm::crc32;
    bool has_begun_ = false;

    asio::io_context io_{1};
    tcp::socket socket_;
    asio::steady_timer silence_;
    clock::time_point deadline_{};
    bool timed_out_ = false;
    bool closing_ = false;
    protocol::packet_assembler packets_;
    std::vector<std::uint8_t> buffer_;
    protocol::bytes_view unread_{};  // in buffer_
    std::thread thread_;             // last: everything else is there when it starts
};

failure source_stream::reader::lost(const std::string& why) const {
    const std::string place = options_.source.host + ":" + std::to_string(options_.source.port);
    if (timed_out_) {
        return fail(errc::source_lost, "source " + place + " is silent: no event and no heartbeat");
    }
    return fail(errc::source_lost, "source " + place + ": " + why);
}

void source_stream::reader::run() {
    asio::co_spawn(io_, converse(), [this](std::exception_ptr thrown, failure why) {
        if (thrown) why = fail(errc::source_lost, "the stream's thread ran out of memory");
        queue_.close(std::move(why));
        close();
    });
    io_.run();
}

void source_stream::reader::close() {
    closing_ = true;
    deadline_ = clock::time_point::max();
    silence_.cancel();
    if (!socket_.is_open()) return;
    stop_.remove_socket(socket_.native_handle());
    error_code ignored;
    socket_.close(ignored);
}

asio::awaitable<failure> source_stream::reader::converse() {
    may_be_silent_for(login_max);
    asio::co_spawn(io_, watch(), asio::detached);
    const auto connected = co_await connect();
    if (!connected) co_return connected.error();
    const auto logged_in = co_await log_in();
    if (!logged_in) co_return logged_in.error();
    const auto asked = co_await ask();
    if (!asked) co_return asked.error();
    for (;;) {
        const auto payload = co_await read();
        if (!payload) co_return payload.error();
        const auto taken = take(*payload);
        if (!taken) co_return taken.error();
        may_be_silent_for(options_.heartbeat * silent_heartbeats_max + std::chrono::seconds(1));
    }
}

// Closes the socket when the deadline passes; whoever reads it then learns why.
asio::awaitable<void> source_stream::reader::watch() {
    while (deadline_ != clock::time_point::max()) {
        if (clock::now() >= deadline_) {
            timed_out_ = true;
            close();
            break;
        }
        silence_.expires_at(deadline_);
        error_code ignored;
        co_await silence_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

asio::awaitable<result<void>> source_stream::reader::connect() {
    tcp::resolver resolver(io_);
    error_code error;
    const auto found =
        co_await resolver.async_resolve(options_.source.host, std::to_string(options_.source.port),
                                        asio::redirect_error(asio::use_awaitable, error));
    if (closing_) error = asio::error::operation_aborted;
    if (error) co_return lost(error.message());
    for (const auto& entry : found) {
        error_code ignored;
        socket_.close(ignored);
        co_await socket_.async_connect(entry.endpoint(),
                                       asio::redirect_error(asio::use_awaitable, error));
        if (!error || closing_) break;
    }
    if (closing_) error = asio::error::operation_aborted;
    if (error) co_return lost(error.message());
    socket_.set_option(tcp::no_delay(true), error);
    stop_.add_socket(socket_.native_handle());
    co_return result<void>{};
}

asio::awaitable<result<void>> source_stream::reader::log_in() {
    protocol::client_login_options how;
    how.user = options_.source.user;
    how.password = options_.source.password;
    how.attributes = {{"program_name", "tidegate-replicator"}};
    protocol::client_login login(std::move(how));
    for (;;) {
        const auto payload = co_await read();
        if (!payload) co_return payload.error();
        const auto step = login.advance(*payload, packets_.sequence());
        if (!step) co_return lost("login: " + step.error().message());
        if (!step->output.empty()) {
            const auto written = co_await write(step->output);
            if (!written) co_return written.error();
        }
        using action = protocol::client_login::action;
        if (step->next == action::logged_in) co_return result<void>{};
        if (step->next == action::denied) {
            co_return dump_failure(login.denial().code, login.denial().message);
        }
        if (step->next == action::read)
            packets_.next(
                static_cast<std::uint8_t>(packets_.sequence() + (step->output.empty() ? 1 : 2)));
    }
}

asio::awaitable<result<void>> source_stream::reader::ask() {
    std::vector<std::uint8_t> payload;
    protocol::writer out(payload);
    out.u8(static_cast<std::uint8_t>(protocol::command::query));
    out.text(replica_settings(options_));
    const auto set = co_await command(payload);
    if (!set) co_return set.error();

    payload.clear();
    protocol::encode(
        protocol::register_replica{.server_id = options_.identity.server_id, .host = "tidegate"},
        out);
    const auto registered = co_await command(payload);
    if (!registered) co_return registered.error();

    payload.clear();
    protocol::encode(protocol::binlog_dump_gtid{.server_id = options_.identity.server_id,
                                                .executed = &options_.executed},
                     out);
    std::vector<std::uint8_t> packet;
    std::uint8_t sequence = 0;
    protocol::append_packet(packet, payload, sequence);
    packets_.next(1);
    const auto written = co_await write(packet);
    co_return written;
}

asio::awaitable<result<void>> source_stream::reader::command(protocol::bytes_view payload) {
    std::vector<std::uint8_t> packet;
    std::uint8_t sequence = 0;
    protocol::append_packet(packet, payload, sequence);
    const auto written = co_await write(packet);
    if (!written) co_return written.error();
    packets_.next(1);
    const auto answer = co_await read();
    if (!answer) co_return answer.error();
    if (!answer->empty() && answer->front() == protocol::err_packet::header) {
        const auto error = protocol::decode_err(*answer);
        co_return error ? dump_failure(error->code, error->message) : lost(error.error().message());
    }
    co_return result<void>{};
}

asio::awaitable<result<void>> source_stream::reader::write(protocol::bytes_view packets) {
    error_code error;
    co_await asio::async_write(socket_, asio::buffer(packets.data(), packets.size()),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return lost(error.message());
    co_return result<void>{};
}

// The next payload; valid until the next call.
asio::awaitable<result<protocol::bytes_view>> source_stream::reader::read() {
    if (packets_.complete()) packets_.next();
    for (;;) {
        if (!unread_.empty()) {
            const auto used = packets_.feed(unread_);
            if (!used) co_return fail(errc::stream_broken, "source: " + used.error().message());
            unread_ = unread_.subspan(*used);
            if (packets_.complete()) co_return packets_.payload();
            if (!unread_.empty()) continue;
        }
        error_code error;
        const std::size_t size = co_await socket_.async_read_some(
            asio::buffer(buffer_), asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return lost(error.message());
        unread_ = protocol::bytes_view(buffer_).first(size);
    }
}

result<void> source_stream::reader::take(protocol::bytes_view payload) {
    if (payload.empty()) return fail(errc::stream_broken, "source: an empty packet");
    if (payload.front() == protocol::err_packet::header) {
        const auto error = protocol::decode_err(payload);
        if (!error) return fail(errc::stream_broken, "source: " + error.error().message());
        return dump_failure(error->code, error->message);
    }
    if (payload.front() == protocol::eof_packet::header &&
        payload.size() <= protocol::eof_packet::payload_size_limit) {
        return lost("it has ended the stream");
    }
    if (payload.front() != 0) return fail(errc::stream_broken, "source: a packet of no known kind");
    if (!has_begun_) {
        has_begun_ = true;
        queue_.push({.count = 0});
    }
    return take_event(payload.subspan(1));
}

result<void> source_stream::reader::take_event(protocol::bytes_view bytes) {
    if (announces_no_checksums(bytes)) {
        checksum_ = protocol::checksum_algorithm::none;
        return {};
    }
    const auto event = protocol::decode_event(bytes, checksum_);
    if (!event) {
        const int type = bytes.size() > 4 ? bytes[4] : 0;
        return fail(errc::stream_broken,
                    "the source's stream: event of type " + std::to_string(type) + " and " +
                        std::to_string(bytes.size()) + " bytes: " + event.error().message());
    }
    if (event->header.type == protocol::event_type::format_description) {
        const auto format = protocol::decode_format_description(*event);
        if (!format) {
            return fail(errc::unsupported_event,
                        "the source's binlog has an unknown format: " + format.error().message());
        }
        checksum_ = format->checksum;
        return {};
    }
    auto ended = assembler_.take(*event);
    if (!ended) return ended.error();
    if (*ended && !queue_.push(std::move(**ended))) {
        return fail(errc::stop_requested, "");
    }
    return {};
}

source_stream::source_stream(stream_options options, std::shared_ptr<const edge_tables> kept,
                             transaction_queue& queue, stop_signal& stop)
    : reader_(std::make_unique<reader>(std::move(options), std::move(kept), queue, stop)) {}

source_stream::~source_stream() = default;

}  // namespace replicator
