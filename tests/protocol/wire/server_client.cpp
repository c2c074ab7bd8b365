#include "server_client.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "protocol/query_attributes.hpp"

using namespace protocol;
namespace asio = boost::asio;

server_client::server_client(std::uint16_t port) {
    stream_.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
}

result<client_login::action> server_client::log_in(const client_login_options& options) {
    client_login login(options);
    packet_assembler packets(client_login::payload_bytes_max);
    for (;;) {
        while (!packets.complete()) {
            std::vector<std::uint8_t> piece(packets.wanted());
            read(piece);
            if (const auto used = packets.feed(piece); !used) return used.error();
        }
        auto step = login.advance(packets.payload(), packets.sequence());
        if (!step) return step.error();
        packets.next();
        if (!step->output.empty()) write(step->output);
        if (step->next == client_login::action::start_tls) {
            stream_.handshake(asio::ssl::stream_base::client);
            tls_ = true;
            step = login.tls_established();
            if (!step) return step.error();
            write(step->output);
        }
        // The server answers with the id behind that of our last packet.
        if (!step->output.empty()) packets.next(static_cast<std::uint8_t>(step->output[3] + 1));
        if (step->next == client_login::action::read) continue;
        login_ = login.outcome();
        denial_ = login.denial();
        return step->next;
    }
}

result<server_client::response> server_client::ask(bytes_view command_payload) {
    std::vector<std::uint8_t> wire;
    std::uint8_t sequence = 0;
    append_packet(wire, command_payload, sequence);
    write(wire);
    response out;
    response_reader reader(static_cast<command>(command_payload[0]), login_.capabilities);
    while (!reader.done()) {
        std::vector<std::uint8_t> header(header_size);
        read(header);
        const packet_header next = decode_header(std::span(header).first<header_size>());
        std::vector<std::uint8_t> payload(next.payload_size);
        read(payload);
        const auto role =
            reader.classify(next.payload_size, payload.empty() ? std::uint8_t{0} : payload[0]);
        const bool whole = response_reader::needs_payload(role);
        const auto moved =
            reader.advance(role, next.payload_size, whole ? bytes_view(payload) : bytes_view{});
        if (!moved) return moved.error();
        out.roles.push_back(role);
        if (role == packet_role::row || role == packet_role::row_continuation)
            out.row_bytes += payload.size();
    }
    if (reader.prepared() != nullptr) out.statement_id = reader.prepared()->statement_id;
    return out;
}

result<server_client::response> server_client::query(const std::string& sql) {
    std::vector<std::uint8_t> payload;
    writer out(payload);
    encode_query(sql, login_.capabilities, out);
    return ask(payload);
}

void server_client::write(bytes_view bytes) {
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    if (tls_)
        asio::write(stream_, buffer);
    else
        asio::write(stream_.next_layer(), buffer);
}

void server_client::read(std::vector<std::uint8_t>& out) {
    if (tls_)
        asio::read(stream_, asio::buffer(out));
    else
        asio::read(stream_.next_layer(), asio::buffer(out));
}
