#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "pool/prepared_registry.hpp"

namespace pool {

/// A statement that one backend connection has prepared.
struct prepared_statement {
    std::uint32_t id = 0;  // the server's
    std::uint16_t parameters = 0;
    std::uint16_t columns = 0;
    std::vector<std::uint8_t>
        bound_types{};  // as the server remembers them from the last execution
    bool types_known = false;
    bool in_use = false;  // has long data or an open cursor, which closing it would lose
};

/// The statements that one backend connection has prepared, least recently used last.
///
/// Bounded: preparing one more than `size_max` names a statement to close with COM_STMT_CLOSE, so
/// that the server's max_prepared_stmt_count is never eaten up.
class prepared_cache {
public:
    explicit prepared_cache(std::size_t size_max) : size_max_(size_max) {}

    /// The statement, now the most recently used; null if this connection has not prepared it.
    /// Valid until it is evicted.
    prepared_statement* find(const prepared_text& key);

    /// Adds a statement that has just been prepared.  Returns the server's ids of statements to
    /// close: an earlier one of the same key, or the least recently used that is not in use.
    std::vector<std::uint32_t> add(const shared_prepared_text& key,
                                   const prepared_statement& added);

    /// Forgets a statement; returns the server's id to close, or nothing.
    std::vector<std::uint32_t> forget(const prepared_text& key);

    /// Forgets the less recently used half of those that are not in use, at least one; returns the
    /// server's ids to close.  For a server that has no room for more.
    std::vector<std::uint32_t> give_up_half();

    /// Forgets all; returns the server's ids to close.  None is in use.
    std::vector<std::uint32_t> give_up_all() { return shrink(0); }

    /// From now on there are no more than `size_max`; those beyond it go with the next add().
    void limit(std::size_t size_max) noexcept { size_max_ = size_max; }

    /// No statement is in use any more.
    void release_all();

    void clear();
    std::size_t size() const noexcept { return index_.size(); }

private:
    struct entry {
        shared_prepared_text key;  // keeps the address in index_ from being used again
        prepared_statement statement;
    };

    std::vector<std::uint32_t> shrink(std::size_t size);

    std::size_t size_max_;
    std::list<entry> by_use_;
    std::unordered_map<const prepared_text*, std::list<entry>::iterator> index_;
};

}  // namespace pool
