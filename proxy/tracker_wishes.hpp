#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/session_track.hpp"
#include "rules/statement_facts.hpp"

namespace proxy {

/// Which session-track news a client has asked for.
///
/// Tidegate has all trackers on, on every backend connection; a client is told only what its own
/// session_track_* variables ask for.  Defaults are MySQL's.
class tracker_wishes {
public:
    /// Takes note of SET session_track_… = value.  False if the variable is another one.
    bool assign(const rules::assignment& set);

    bool wants(const protocol::session_change& change) const;

    /// Appends those changes of `session_state` that the client is to be told.
    void filter(protocol::bytes_view session_state, std::vector<std::uint8_t>& out) const;

private:
    bool schema_ = true;
    bool state_change_ = false;
    bool gtids_ = false;
    bool transaction_state_ = false;
    bool transaction_characteristics_ = false;
    bool all_variables_ = false;
    // Unless the client has named some, MySQL's own; then a session need not keep them.
    std::optional<std::vector<std::string>> variables_{};
};

/// The news of two OK packets as one packet has them: for each thing the newest, in the order of
/// their types, as the server's trackers tell them.
std::vector<std::uint8_t> merged_news(protocol::bytes_view older, protocol::bytes_view newer);

}  // namespace proxy
