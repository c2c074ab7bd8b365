#include "proxy/response_relay.hpp"

#include <algorithm>
#include <utility>

#include "protocol/capabilities.hpp"
#include "protocol/execute.hpp"
#include "protocol/packet.hpp"
#include "protocol/server_status.hpp"
#include "proxy/lasting_status.hpp"

namespace proxy {
using protocol::packet_role;

namespace {

constexpr std::uint16_t query_interrupted = 1317;         // ER_QUERY_INTERRUPTED
constexpr std::uint32_t file_name_bytes_max = 64 * 1024;  // MySQL's own limit is shorter

}  // namespace

std::size_t relay_output::bytes() const noexcept {
    std::size_t sum = 0;
    for (const piece& p : pieces_) sum += p.to - p.from;
    return sum;
}

void relay_output::add_input(std::size_t from, std::size_t to) {
    if (from == to) return;
    if (!pieces_.empty() && !pieces_.back().is_made && pieces_.back().to == from) {
        pieces_.back().to = to;
    } else {
        pieces_.push_back({false, from, to});
    }
}

void relay_output::add_made(std::size_t from) {
    if (!pieces_.empty() && pieces_.back().is_made && pieces_.back().to == from) {
        pieces_.back().to = made_.size();
    } else {
        pieces_.push_back({true, from, made_.size()});
    }
}

relay_output::buffers relay_output::gather(std::span<const std::uint8_t> input) const {
    buffers out;
    for (const piece& p : pieces_) {
        const std::uint8_t* base = p.is_made ? made_.data() : input.data();
        out.emplace_back(base + p.from, p.to - p.from);
    }
    return out;
}

void relay_output::copy_to(std::uint8_t* out, std::span<const std::uint8_t> input) const noexcept {
    for (const piece& p : pieces_) {
        const std::uint8_t* base = p.is_made ? made_.data() : input.data();
        out = std::copy(base + p.from, base + p.to, out);
    }
}

void relay_output::append_to(std::vector<std::uint8_t>& out,
                             std::span<const std::uint8_t> input) const {
    const std::size_t before = out.size();
    out.resize(before + bytes());
    copy_to(out.data() + before, input);
}

response_relay::response_relay(const options& how, response_observer& observer)
    : how_(how), observer_(&observer), reader_(how.sent, how.backend_capabilities) {}

protocol::result<std::size_t> response_relay::take(std::span<std::uint8_t> input,
                                                   relay_output& out) {
    std::size_t at = 0;
    while (at < input.size() && !done() && !awaits_file()) {
        if (body_left_ > 0) {
            at = take_body(at, input.size(), out);
            continue;
        }
        const auto taken = take_packet(input, at, out);
        if (!taken) return taken.error();
        if (*taken == 0) break;
        at += *taken;
    }
    if (at == input.size()) needed_ = 1;
    if (!out.empty()) begun_ = true;
    return at;
}

std::size_t response_relay::take_body(std::size_t at, std::size_t available, relay_output& out) {
    const std::size_t size = std::min(body_left_, available - at);
    out.add_input(at, at + size);
    body_left_ -= size;
    if (body_left_ == 0 && std::exchange(eof_after_body_, false)) make_eof(0, how_.status, out);
    return at + size;
}

/// Takes the packet that begins at `at`, or as much as its header; returns 0 if more is needed.
protocol::result<std::size_t> response_relay::take_packet(std::span<std::uint8_t> input,
                                                          std::size_t at, relay_output& out) {
    const std::size_t available = input.size() - at;
    needed_ = protocol::header_size;
    if (available < needed_) return std::size_t{0};
    const auto header = protocol::decode_header(input.subspan(at).first<protocol::header_size>());
    if (header.payload_size > 0) ++needed_;
    if (available < needed_) return std::size_t{0};
    const std::uint8_t first =
        header.payload_size > 0 ? input[at + protocol::header_size] : std::uint8_t{0};

    const packet_role role = reader_.classify(header.payload_size, first);
    if (role == packet_role::local_infile) {
        // No client's files for a server that asks for what the statement does not.
        if (!how_.may_ask_file || header.payload_size > file_name_bytes_max)
            return protocol::errc::malformed;
        file_sent_ = false;
    }
    if (protocol::response_reader::needs_payload(role)) {
        needed_ = protocol::header_size + header.payload_size;
        if (available < needed_) return std::size_t{0};
        const auto done = take_whole(role, input.subspan(0, at + needed_), at, out);
        if (!done) return done.error();
        return needed_;
    }
    const auto moved = reader_.advance(role, header.payload_size);
    if (!moved) return moved.error();
    if (eof_due_) make_eof(0, how_.status, out);
    forward(input, at, at + protocol::header_size, out);
    body_left_ = header.payload_size;
    if (role == packet_role::column_definition || role == packet_role::parameter_definition)
        count_definition();
    return protocol::header_size;
}

/// One definition less; the last one is followed by an EOF for clients that want it.
void response_relay::count_definition() {
    if (definitions_left_ == 0 || --definitions_left_ > 0) return;
    const bool wanted = !client_has(protocol::capability::deprecate_eof);
    if (how_.sent == protocol::command::stmt_prepare) {
        eof_after_body_ = wanted;  // nothing else may follow
        definitions_left_ = std::exchange(columns_to_prepare_, 0);
    } else {
        eof_due_ = wanted;
    }
}

/// A packet that decides something, `frame` being all of it: the input from `at` on.
protocol::result<void> response_relay::take_whole(packet_role role, std::span<std::uint8_t> input,
                                                  std::size_t at, relay_output& out) {
    const auto payload = input.subspan(at + protocol::header_size);
    const auto moved = reader_.advance(role, static_cast<std::uint32_t>(payload.size()), payload);
    if (!moved) return moved.error();

    if (const protocol::err_packet* err = reader_.last_err()) {
        const bool named = how_.hold_code != 0 && err->code == how_.hold_code &&
                           err->message.find(how_.hold_text) != std::string_view::npos;
        // Whoever has ended a statement on an edge does not want it to run on the primary.
        const bool killed = err->code == query_interrupted;
        const bool hold = (how_.hold_error && !killed) || named;
        if (hold && !begun_ && out.empty()) {
            held_error_.emplace(payload.begin(), payload.end());
            return {};
        }
        if (eof_due_ && !how_.opens_cursor) make_eof(0, how_.status, out);
        observer_->on_err(*err);
        forward(input, at, input.size(), out);
        return {};
    }
    if (const protocol::ok_packet* ok = reader_.last_ok()) {
        // A cursor's definitions end with one EOF, that of the result.
        const bool cursor = (ok->status & protocol::server_status::cursor_exists) != 0;
        if (eof_due_ && role == packet_role::result_end && !cursor) make_eof(0, how_.status, out);
        eof_due_ = false;
        forward_ok(role, *ok, input, at, out);
        return {};
    }
    if (role == packet_role::column_count) {
        definitions_left_ = reader_.definitions_left();
        if (definitions_left_ == 0) eof_due_ = !client_has(protocol::capability::deprecate_eof);
    }
    if (role == packet_role::prepare_ok) {
        const protocol::prepare_ok& prepared = *reader_.prepared();
        if (prepared.metadata_follows) {
            definitions_left_ = prepared.parameters > 0 ? prepared.parameters : prepared.columns;
            columns_to_prepare_ = prepared.parameters > 0 ? prepared.columns : 0;
        }
        if (how_.statement_id) protocol::rewrite_statement_id(payload, *how_.statement_id);
    }
    forward(input, at, input.size(), out);
    if (role == packet_role::prepare_ok) end_absent_definitions(*reader_.prepared(), out);
    return {};
}

/// A client may do without definitions, but not without the EOF packets behind them.
void response_relay::end_absent_definitions(const protocol::prepare_ok& prepared,
                                            relay_output& out) {
    if (prepared.metadata_follows || client_has(protocol::capability::deprecate_eof)) return;
    if (prepared.parameters > 0) make_eof(0, how_.status, out);
    if (prepared.columns > 0) make_eof(0, how_.status, out);
}

void response_relay::forward(std::span<std::uint8_t> input, std::size_t from, std::size_t to,
                             relay_output& out) {
    std::uint8_t& sequence = input[from + 3];
    sequence = static_cast<std::uint8_t>(sequence + shift_);
    next_sequence_ = static_cast<std::uint8_t>(sequence + 1);
    out.add_input(from, to);
}

void response_relay::forward_ok(packet_role role, protocol::ok_packet ok,
                                std::span<std::uint8_t> input, std::size_t at, relay_output& out) {
    namespace capability = protocol::capability;
    ok.warnings = how_.warnings.value_or(ok.warnings);
    how_.status = lasting_status(ok.status);  // for what follows
    const protocol::bytes_view news = observer_->on_ok(ok);
    if (role == packet_role::result_end && !client_has(capability::deprecate_eof)) {
        next_sequence_ = static_cast<std::uint8_t>(input[at + 3] + shift_);
        // Behind OUT parameters this packet of MySQL tells neither what they are nor of the OK that
        // follows.
        constexpr std::uint16_t parameters = protocol::server_status::ps_out_params;
        constexpr std::uint16_t untold = parameters | protocol::server_status::more_results_exist;
        const auto status = static_cast<std::uint16_t>(
            (ok.status & parameters) != 0 ? ok.status & ~untold : ok.status);
        make_eof(ok.warnings, status, out);
        shift_ = static_cast<std::uint8_t>(shift_ - 1);  // in place of the packet, not beside it
        return;
    }
    const bool as_it_is = client_has(capability::session_track) && !how_.warnings &&
                          ok.session_state.empty() && news.empty();
    if (as_it_is) return forward(input, at, input.size(), out);

    protocol::ok_packet told = ok;
    told.session_state = client_has(capability::session_track) ? news : protocol::bytes_view{};
    std::vector<std::uint8_t>& made = out.made();
    const std::size_t from = made.size();
    std::uint8_t sequence = static_cast<std::uint8_t>(input[at + 3] + shift_);
    const std::size_t header_at = protocol::begin_packet(made);
    protocol::writer packet(made);
    protocol::encode(told, how_.client_capabilities, packet);
    protocol::finish_packet(made, header_at, sequence);
    next_sequence_ = sequence;
    out.add_made(from);
}

void response_relay::make_eof(std::uint16_t warnings, std::uint16_t status, relay_output& out) {
    status = static_cast<std::uint16_t>(status & ~protocol::server_status::session_state_changed);
    std::vector<std::uint8_t>& made = out.made();
    const std::size_t from = made.size();
    const std::size_t header_at = protocol::begin_packet(made);
    protocol::writer packet(made);
    protocol::encode(protocol::eof_packet{warnings, status}, packet);
    protocol::finish_packet(made, header_at, next_sequence_);
    out.add_made(from);
    shift_ = static_cast<std::uint8_t>(shift_ + 1);
    eof_due_ = false;
}

}  // namespace proxy
