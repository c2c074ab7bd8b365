#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pool/memory_budget.hpp"
#include "pool/session_vector.hpp"

namespace pool {

/// A statement as a client prepared it: its text, and the session's state at that time, because the
/// schema, sql_mode and character set then in force decide what the text means.
struct prepared_text {
    std::string text;
    shared_vector state;
    memory_share memory{};  // as long as anybody knows it
};

using shared_prepared_text = std::shared_ptr<const prepared_text>;

/// Gives equal prepared statements of all sessions of a worker one address, so that a connection
/// knows a statement by its pointer, and a thousand clients that prepare one text keep it once.
class prepared_registry {
public:
    /// `state` must come from the worker's vector_interner.  `memory` is for the text, and is given
    /// back if the text is known.
    shared_prepared_text intern(std::string_view text, shared_vector state,
                                memory_share memory = {});
    std::size_t size() const noexcept { return known_.size(); }  // of which some may be dead

private:
    void forget_dead();

    std::unordered_multimap<std::size_t, std::weak_ptr<const prepared_text>> known_;
    std::size_t forget_at_ = 64;  // bounds known_ at twice the statements alive
};

}  // namespace pool
