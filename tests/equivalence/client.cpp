#include "tests/equivalence/client.hpp"

#include <chrono>
#include <system_error>

#include "protocol/auth.hpp"
#include "protocol/auth_packets.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/change_user.hpp"
#include "protocol/client_login.hpp"
#include "protocol/packet.hpp"
#include "tests/equivalence/execution.hpp"

namespace equivalence {
namespace {

using bytes = std::vector<std::uint8_t>;
using protocol::command;

constexpr auto patience = std::chrono::seconds(60);
constexpr auto leave_max = std::chrono::seconds(10);
constexpr int login_packets_max = 12;

// What every client has; a script chooses from flag_names().
constexpr std::uint32_t common_capabilities =
    protocol::capability::long_password | protocol::capability::long_flag |
    protocol::capability::transactions | protocol::capability::protocol_41 |
    protocol::capability::secure_connection | protocol::capability::plugin_auth |
    protocol::capability::plugin_auth_lenenc_data;

// A statement that the session does not have, such as one whose preparation failed.  No server has
// counted so far.
constexpr std::uint32_t no_such_statement = 4'000'000'000;

command command_of(action what) {
    switch (what) {
        case action::query:
        case action::kill:
        case action::kill_query:
            return command::query;
        case action::prepare:
            return command::stmt_prepare;
        case action::execute:
            return command::stmt_execute;
        case action::long_data:
            return command::stmt_send_long_data;
        case action::fetch:
            return command::stmt_fetch;
        case action::reset_statement:
            return command::stmt_reset;
        case action::close_statement:
            return command::stmt_close;
        case action::init_db:
            return command::init_db;
        case action::field_list:
            return command::field_list;
        case action::statistics:
            return command::statistics;
        case action::ping:
            return command::ping;
        case action::connect:
        case action::change_user:
            return command::change_user;
        case action::reset_connection:
            return command::reset_connection;
        case action::set_option:
            return command::set_option;
    }
    return command::ping;
}

}  // namespace

std::string password_of(const std::string& user) {
    return user + "-password";
}

std::uint32_t client::id_of(const std::string& name) const {
    const auto known = statements_.find(name);
    return known == statements_.end() ? no_such_statement : known->second;
}

std::optional<bytes> client::payload_of(const step& one, std::uint32_t victim) const {
    bytes payload;
    protocol::writer out(payload);
    if (one.what != action::execute) out.u8(static_cast<std::uint8_t>(command_of(one.what)));
    switch (one.what) {
        case action::connect:
            return std::nullopt;
        case action::query:
        case action::prepare:
        case action::init_db:
            out.text(one.text);
            break;
        case action::execute:
            return encode_execution(one, id_of(one.name));
        case action::long_data:
            out.u32(id_of(one.name));
            out.u16(static_cast<std::uint16_t>(one.number));
            out.text(one.text);
            break;
        case action::fetch:
            out.u32(id_of(one.name));
            out.u32(one.number);
            break;
        case action::reset_statement:
        case action::close_statement:
            out.u32(id_of(one.name));
            break;
        case action::field_list:
            out.null_terminated(one.text);
            break;
        case action::set_option:
            out.u16(static_cast<std::uint16_t>(one.number));
            break;
        case action::change_user: {
            // Without a password: the server asks for it, with a challenge of its own.
            payload.clear();
            const protocol::change_user wanted{.user = one.to.user,
                                               .schema = one.to.schema,
                                               .collation = one.to.collation,
                                               .auth_plugin = protocol::caching_sha2_password};
            protocol::encode(wanted, capabilities_, out);
            break;
        }
        case action::kill:
            out.text("KILL " + std::to_string(victim));
            break;
        case action::kill_query:
            out.text("KILL QUERY " + std::to_string(victim));
            break;
        case action::statistics:
        case action::ping:
        case action::reset_connection:
            break;
    }
    return payload;
}

void client::begin(const step& one, std::uint32_t victim) {
    current_ = one;
    if (one.what == action::connect) leave();
    if (!socket_) return;
    if (const auto payload = payload_of(one, victim)) send(*payload);
}

answer client::finish() {
    if (current_.what == action::connect) return log_in();
    if (!socket_) return {closed};
    answer told = current_.what == action::change_user ? change_user() : converse();
    const bool failed = !told.empty() && told.back().starts_with("error");
    const bool starts_anew = current_.what == action::change_user ||
                             (current_.what == action::reset_connection && !failed);
    if (starts_anew) statements_.clear();
    if (current_.what == action::close_statement) statements_.erase(current_.name);
    return told;
}

answer client::end() {
    answer told;
    while (socket_)
        if (const auto payload = receive(told))
            told.push_back(escaped(protocol::as_text(protocol::bytes_view(*payload))));
    return told;
}

void client::send(protocol::bytes_view payload, std::uint8_t sequence) {
    bytes framed;
    protocol::append_packet(framed, payload, sequence);
    sequence_ = sequence;
    socket_->send(framed);  // if the peer has gone, so says what is received next
}

std::optional<bytes> client::receive(answer& told) {
    const auto before = std::chrono::steady_clock::now();
    bytes packet = socket_->receive_packet(patience);
    if (packet.size() < protocol::header_size) {
        told.push_back(std::chrono::steady_clock::now() - before < patience ? closed : silent);
        socket_.reset();
        statements_.clear();
        return std::nullopt;
    }
    if (packet[3] != sequence_) told.push_back("a wrong sequence id");
    sequence_ = static_cast<std::uint8_t>(packet[3] + 1);
    packet.erase(packet.begin(), packet.begin() + protocol::header_size);
    return packet;
}

answer client::converse() {
    answer told;
    const command sent = command_of(current_.what);
    protocol::response_reader reader(sent, capabilities_);
    while (!reader.done()) {
        const auto payload = receive(told);
        if (!payload) return told;
        const auto size = static_cast<std::uint32_t>(payload->size());
        const auto role = reader.classify(size, payload->empty() ? std::uint8_t{0} : (*payload)[0]);
        if (!reader.advance(role, size, *payload) || reader.awaits_client_data()) {
            told.push_back("not an answer: " +
                           escaped(protocol::as_text(protocol::bytes_view(*payload))));
            socket_.reset();
            return told;
        }
        told.push_back(describe(sent, role, reader, *payload));
    }
    if (current_.what == action::prepare) {
        statements_.erase(current_.name);
        if (const auto* prepared = reader.prepared())
            statements_[current_.name] = prepared->statement_id;
    }
    return told;
}

answer client::log_in() {
    answer told;
    statements_.clear();
    try {
        socket_.emplace("127.0.0.1", port_);
    } catch (const std::system_error&) {
        return {"cannot connect"};
    }
    protocol::client_login_options options;
    options.user = current_.to.user;
    options.password = password_of(current_.to.user);
    options.schema = current_.to.schema;
    options.collation = current_.to.collation;
    options.capabilities = common_capabilities | current_.to.capabilities;
    protocol::client_login login(std::move(options));
    sequence_ = 0;
    for (int i = 0; i < login_packets_max; ++i) {
        const auto payload = receive(told);
        if (!payload) return told;
        const auto step = login.advance(*payload, static_cast<std::uint8_t>(sequence_ - 1));
        if (!step) break;
        using next = protocol::client_login::action;
        if (step->next == next::denied) {
            const protocol::server_error& why = login.denial();
            socket_.reset();
            return {describe(protocol::err_packet{why.code, why.sqlstate, why.message})};
        }
        if (step->next == next::logged_in) {
            capabilities_ = login.outcome().capabilities;
            connection_id_ = login.outcome().connection_id;
            told.push_back("logged in" + describe_news(login.outcome().session_state));
            return told;
        }
        if (step->output.empty()) continue;
        socket_->send(step->output);
        ++sequence_;
    }
    socket_.reset();
    return {"not a login"};
}

answer client::change_user() {
    answer told;
    const std::string password = password_of(current_.to.user);
    for (int i = 0; i < login_packets_max; ++i) {
        const auto payload = receive(told);
        if (!payload) return told;
        const std::uint8_t first = payload->empty() ? std::uint8_t{0} : (*payload)[0];
        if (first == protocol::auth_switch_header) {
            const auto asked = protocol::decode_auth_switch_request(*payload);
            if (!asked || asked->data.size() != protocol::nonce_size) break;
            protocol::nonce challenge{};
            std::copy(asked->data.begin(), asked->data.end(), challenge.begin());
            send(protocol::scramble_sha2(password, challenge), sequence_);
        } else if (first != protocol::auth_more_data_header) {
            protocol::response_reader reader(command::ping, capabilities_);
            const auto size = static_cast<std::uint32_t>(payload->size());
            const auto role = reader.classify(size, first);
            if (!reader.advance(role, size, *payload)) break;
            told.push_back(describe(command::change_user, role, reader, *payload));
            return told;
        } else if (payload->size() != 2 ||
                   (*payload)[1] != protocol::sha2_message::fast_auth_success) {
            break;
        }
    }
    socket_.reset();
    return {"not a change of user"};
}

void client::leave() {
    if (!socket_) return;
    send(bytes{static_cast<std::uint8_t>(command::quit)});
    socket_->closed_by_peer(leave_max);
    socket_.reset();
}

}  // namespace equivalence
