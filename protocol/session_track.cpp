#include "protocol/session_track.hpp"

namespace protocol {
namespace {

// The manual gives state_change a length of its own too; MySQL (9.7 as before) sends none.
bool has_inner_length(session_track_type type) noexcept {
    return is_known(type) && type != session_track_type::state_change;
}

std::string_view read_value(session_track_type type, cursor& entry) noexcept {
    if (!has_inner_length(type)) return entry.rest();
    if (type == session_track_type::gtids) entry.skip(1);  // the encoding; only 0 exists
    return entry.lenenc_text();
}

}  // namespace

bool session_track_reader::next() noexcept {
    if (failed()) return false;
    if (entry_.at_end()) {
        if (in_.at_end()) return false;
        change_.type = static_cast<session_track_type>(in_.u8());
        entry_ = cursor(in_.lenenc_bytes());
    }
    const bool is_variable = change_.type == session_track_type::system_variables;
    change_.name = is_variable ? entry_.lenenc_text() : std::string_view{};
    change_.value = read_value(change_.type, entry_);
    // Only variables come several to an entry; bytes behind anything else are not ours to guess at.
    if (!is_variable) entry_.skip(entry_.remaining());
    return !failed();
}

void encode(const session_change& value, writer& out) {
    std::vector<std::uint8_t> bytes;
    writer entry(bytes);
    if (value.type == session_track_type::system_variables) entry.lenenc_text(value.name);
    if (value.type == session_track_type::gtids) entry.u8(0);
    if (has_inner_length(value.type))
        entry.lenenc_text(value.value);
    else
        entry.text(value.value);
    out.u8(static_cast<std::uint8_t>(value.type));
    out.lenenc_bytes(bytes);
}

}  // namespace protocol
