#include "tests/proxy/session/wire_client.hpp"

#include <algorithm>
#include <stdexcept>

#include "protocol/client_login.hpp"
#include "protocol/packet.hpp"
#include "protocol/response_reader.hpp"

namespace session_test {
namespace {

constexpr auto patience = std::chrono::seconds(60);

bytes receive(support::raw_client& socket) {
    bytes packet = socket.receive_packet(patience);
    if (packet.size() < protocol::header_size) throw std::runtime_error("the server hung up");
    return packet;
}

}  // namespace

std::string difference(const bytes& directly, const bytes& through) {
    constexpr std::size_t before = 40, shown = 120;
    const auto parts =
        std::mismatch(directly.begin(), directly.end(), through.begin(), through.end());
    const auto at = static_cast<std::size_t>(parts.first - directly.begin());
    if (at == directly.size() && at == through.size()) return {};
    const auto excerpt = [&](const bytes& of) {
        std::string out;
        for (std::size_t i = at - std::min(at, before); i < std::min(of.size(), at + shown); ++i)
            out += of[i] >= ' ' && of[i] <= '~' ? static_cast<char>(of[i]) : '.';
        return out;
    };
    return "at byte " + std::to_string(at) + ", directly \"" + excerpt(directly) +
           "\", through Tidegate \"" + excerpt(through) + "\"";
}

wire_client::wire_client(std::uint16_t port, std::uint32_t capabilities, const support::login& as)
    : socket_("127.0.0.1", port) {
    protocol::client_login_options options;
    options.user = as.user;
    options.password = as.password;
    options.schema = as.schema;
    options.capabilities = capabilities;
    protocol::client_login login(std::move(options));
    for (;;) {
        const bytes packet = receive(socket_);
        const auto payload = protocol::bytes_view(packet).subspan(protocol::header_size);
        const auto step = login.advance(payload, packet[3]);
        if (!step || step->next == protocol::client_login::action::denied)
            throw std::runtime_error("the server refuses the login");
        if (!step->output.empty()) socket_.send(step->output);
        if (step->next == protocol::client_login::action::logged_in) break;
    }
    capabilities_ = login.outcome().capabilities;
}

void wire_client::send(const wire_command& command) {
    bytes framed;
    protocol::append_command(framed, command.what, command.argument);
    socket_.send(framed);
}

bytes wire_client::ask(const wire_command& command, const std::vector<bytes>& file) {
    send(command);
    bytes response;
    protocol::response_reader reader(command.what, capabilities_);
    while (!reader.done()) {
        const bytes packet = receive(socket_);
        response.insert(response.end(), packet.begin(), packet.end());
        const auto body = protocol::bytes_view(packet).subspan(protocol::header_size);
        const auto size = static_cast<std::uint32_t>(body.size());
        const auto role = reader.classify(size, body.empty() ? std::uint8_t{0} : body[0]);
        if (!reader.advance(role, size, body)) throw std::runtime_error("not a response");
        if (role == protocol::packet_role::local_infile) {
            bytes framed;
            auto sequence = static_cast<std::uint8_t>(packet[3] + 1);
            for (const bytes& piece : file) protocol::append_packet(framed, piece, sequence);
            protocol::append_packet(framed, {}, sequence);
            socket_.send(framed);
        }
    }
    return response;
}

}  // namespace session_test
