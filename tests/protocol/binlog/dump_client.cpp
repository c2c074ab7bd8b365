#include "dump_client.hpp"

#include <stdexcept>

#include "protocol/client_login.hpp"
#include "protocol/command.hpp"

namespace binlog_test {

using namespace protocol;

namespace {

constexpr std::uint8_t ok_header = 0x00;
constexpr std::uint8_t eof_header = 0xfe;

}  // namespace

dump_client::dump_client(const support::mysql_server& source)
    : socket_(source.host(), source.port()) {
    log_in();
}

void dump_client::log_in() {
    client_login login({.user = "root", .capabilities = 0});
    for (;;) {
        const bytes_view payload = next_payload();
        const auto step = login.advance(payload, packets_.sequence()).value();
        if (!step.output.empty()) socket_.send(step.output);
        if (step.next == client_login::action::logged_in) return;
        if (step.next != client_login::action::read) throw std::runtime_error("login denied");
        // Each side's packets count on from the other's.
        packets_.next(
            static_cast<std::uint8_t>(packets_.sequence() + (step.output.empty() ? 1 : 2)));
    }
}

void dump_client::send(bytes_view command) {
    std::vector<std::uint8_t> packet;
    std::uint8_t sequence = 0;
    append_packet(packet, command, sequence);
    socket_.send(packet);
    packets_.next(sequence);
}

bytes_view dump_client::next_payload() {
    if (packets_.complete()) packets_.next();
    while (!packets_.complete()) {
        received_ = socket_.receive(packets_.wanted());
        if (received_.empty()) throw std::runtime_error("the source is silent");
        packets_.feed(received_).value();
    }
    return packets_.payload();
}

void dump_client::run(const std::string& sql) {
    writer command_packet;
    command_packet.u8(static_cast<std::uint8_t>(command::query));
    command_packet.text(sql);
    send(command_packet.view());
    if (next_payload()[0] != ok_header) throw std::runtime_error("refused: " + sql);
}

void dump_client::begin(const binlog_dump_gtid& dump) {
    writer command_packet;
    encode(dump, command_packet);
    send(command_packet.view());
}

std::optional<bytes_view> dump_client::next_event() {
    const bytes_view payload = next_payload();
    if (payload[0] == eof_header) return std::nullopt;
    if (payload[0] != ok_header)
        throw std::runtime_error("dump refused: " + std::string(as_text(payload.subspan(3))));
    return payload.subspan(1);
}

}  // namespace binlog_test
