#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

/// Session state changes, as an OK packet carries them in `session_state`:
///
///   one or more of: type u8, lenenc size, entry
///     system_variables: lenenc name, lenenc value (MariaDB: several pairs)
///     schema, transaction_characteristics, transaction_state: lenenc text
///     state_change: text ("1")
///     gtids: encoding u8 (0), lenenc text

namespace protocol {

enum class session_track_type : std::uint8_t {
    system_variables = 0,
    schema = 1,
    state_change = 2,
    gtids = 3,
    transaction_characteristics = 4,
    transaction_state = 5,
};

/// One change.  Views point into the decoded bytes.
struct session_change {
    session_track_type type{};
    std::string_view name{};   // of the system variable; empty otherwise
    std::string_view value{};  // as text; for an unknown type the raw entry
    friend bool operator==(const session_change&, const session_change&) = default;
};

inline bool is_known(session_track_type type) noexcept {
    return type <= session_track_type::transaction_state;
}

/// Walks over changes without allocating:
///
///   session_track_reader in(ok.session_state);
///   while (in.next()) use(in.change());
///   if (in.failed()) ...
///
/// Entries of an unknown type are visited too, with is_known() false: skip them.
class session_track_reader {
public:
    explicit session_track_reader(bytes_view session_state) noexcept : in_(session_state) {}

    /// False at the end, and at the first malformed entry.
    bool next() noexcept;
    const session_change& change() const noexcept { return change_; }
    bool failed() const noexcept { return in_.failed() || entry_.failed(); }

private:
    cursor in_;
    cursor entry_{bytes_view{}};  // what is left of a system_variables entry
    session_change change_;
};

/// Appends one change to what will be an OK packet's session_state.
void encode(const session_change& value, writer& out);

}  // namespace protocol
