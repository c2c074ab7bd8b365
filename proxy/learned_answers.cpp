#include "proxy/learned_answers.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/packet.hpp"
#include "protocol/response_reader.hpp"
#include "protocol/server_status.hpp"
#include "protocol/session_track.hpp"

namespace proxy {

namespace {

/// What an answer may say of the session that the next one in this state is told as well.
bool tells_variables_only(protocol::bytes_view session_state) {
    using type = protocol::session_track_type;
    protocol::session_track_reader news(session_state);
    while (news.next()) {
        const type what = news.change().type;
        if (what != type::system_variables && what != type::state_change) return false;
    }
    return !news.failed();
}

bool can_be_told_again(const protocol::ok_packet& ok) {
    namespace status = protocol::server_status;
    constexpr std::uint16_t lasting =
        status::autocommit | status::no_backslash_escapes | status::session_state_changed;
    return ok.warnings == 0 && ok.affected_rows == 0 && ok.last_insert_id == 0 &&
           (ok.status & ~lasting) == 0 && tells_variables_only(ok.session_state);
}

}  // namespace

void answer_recorder::begin(std::uint32_t capabilities, std::uint64_t generation) {
    bytes_.clear();
    kept_ = 0;
    overflowed_ = false;
    capabilities_ = capabilities;
    generation_ = generation;
}

void answer_recorder::see(protocol::bytes_view input) {
    if (overflowed_) return;
    bytes_.resize(kept_);
    const std::size_t room = bytes_max + 1 - kept_;
    const protocol::bytes_view seen = input.first(std::min(input.size(), room));
    bytes_.insert(bytes_.end(), seen.begin(), seen.end());
}

void answer_recorder::keep(std::size_t taken) {
    if (overflowed_) return;
    kept_ += taken;
    overflowed_ = kept_ > bytes_max || kept_ > bytes_.size();
    if (overflowed_) kept_ = 0;
    bytes_.resize(kept_);
}

std::optional<learned_answer> learn_answer(const answer_recorder& recorded,
                                           std::optional<std::uint64_t> number) {
    using protocol::packet_role;
    if (recorded.overflowed() || recorded.bytes().empty() || recorded.generation() == 0)
        return std::nullopt;
    learned_answer out;
    out.capabilities = recorded.capabilities();
    out.generation = recorded.generation();
    protocol::response_reader reader(protocol::command::query, recorded.capabilities());
    const protocol::bytes_view all = recorded.bytes();
    std::size_t at = 0;
    std::size_t rows = 0;
    while (!reader.done()) {
        if (all.size() - at < protocol::header_size) return std::nullopt;
        const auto header = protocol::decode_header(all.subspan(at).first<protocol::header_size>());
        const std::size_t end = at + protocol::header_size + header.payload_size;
        if (end > all.size()) return std::nullopt;
        const protocol::bytes_view payload =
            all.subspan(at + protocol::header_size, header.payload_size);
        const auto role =
            reader.classify(header.payload_size, payload.empty() ? std::uint8_t{0} : payload[0]);
        if (role == packet_role::err || role == packet_role::local_infile) return std::nullopt;
        if (!reader.advance(role, header.payload_size, payload)) return std::nullopt;
        if (role == packet_role::ok || role == packet_role::result_end) {
            const protocol::ok_packet* ok = reader.last_ok();
            if (ok == nullptr || !can_be_told_again(*ok)) return std::nullopt;
        }
        if (role == packet_role::row) {
            if (++rows > 1) return std::nullopt;
            if (number) {
                const std::string value = std::to_string(*number);
                protocol::cursor in(payload);
                if (in.lenenc_text() != value || !in.at_end() || in.failed()) return std::nullopt;
                out.number_at = at;
                out.number_end = end;
            }
        }
        at = end;
    }
    if (at != all.size() || (number && !out.is_number())) return std::nullopt;
    out.bytes.assign(all.begin(), all.end());
    return out;
}

std::vector<std::uint8_t> answer_with(const learned_answer& known, std::uint64_t number) {
    const auto begin = known.bytes.begin();
    std::vector<std::uint8_t> out(begin, begin + static_cast<std::ptrdiff_t>(known.number_at));
    std::uint8_t sequence = known.bytes[known.number_at + 3];  // of the header
    const std::size_t header_at = protocol::begin_packet(out);
    protocol::writer(out).lenenc_text(std::to_string(number));
    protocol::finish_packet(out, header_at, sequence);
    out.insert(out.end(), begin + static_cast<std::ptrdiff_t>(known.number_end), known.bytes.end());
    return out;
}

std::size_t learned_answers::hash_of(const question& asked) {
    return std::hash<std::string_view>{}(asked.text) ^
           std::hash<const void*>{}(asked.state.get()) * 31 ^
           std::hash<const void*>{}(asked.account) * 131;
}

learned_answers::index::iterator learned_answers::find_entry(const question& asked) {
    const auto [first, last] = index_.equal_range(hash_of(asked));
    for (auto at = first; at != last; ++at) {
        const entry& known = *at->second;
        if (known.account == asked.account && known.state == asked.state &&
            known.text == asked.text)
            return at;
    }
    return index_.end();
}

const learned_answer* learned_answers::find(const question& asked, std::uint64_t generation,
                                            clock::time_point now,
                                            std::chrono::milliseconds age_max) {
    const auto at = find_entry(asked);
    if (at == index_.end()) return nullptr;
    const learned_answer& answer = at->second->answer;
    if (answer.generation != generation || now - answer.learned_at > age_max) {
        forget(at);
        return nullptr;
    }
    order_.splice(order_.begin(), order_, at->second);
    return &answer;
}

void learned_answers::keep(const question& asked, learned_answer answer) {
    if (asked.text.size() > text_bytes_max) return;
    if (const auto old = find_entry(asked); old != index_.end()) forget(old);
    order_.push_front({asked.account, asked.state, std::string(asked.text), std::move(answer)});
    index_.emplace(hash_of(asked), order_.begin());
    if (order_.size() <= entries_max) return;
    const entry& oldest = order_.back();
    forget(find_entry({oldest.account, oldest.state, oldest.text}));
}

void learned_answers::clear() {
    index_.clear();
    order_.clear();
}

void learned_answers::forget(index::iterator at) {
    order_.erase(at->second);
    index_.erase(at);
}

}  // namespace proxy
