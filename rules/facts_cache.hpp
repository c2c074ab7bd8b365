#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "rules/digest.hpp"
#include "rules/sql_mode.hpp"
#include "rules/statement_facts.hpp"
#include "rules/statement_history.hpp"
#include "rules/stored_code.hpp"

namespace rules {

/// Remembers the facts of the statements seen lately, per digest and lex_options.
///
/// One per worker, used by that thread only.  A hit costs the digest and one hash lookup and does
/// not allocate.  The least recently used entry leaves first.
class facts_cache {
public:
    struct limits {
        std::size_t entries_max = 20'000;
        std::size_t bytes_max = std::size_t{32} << 20;
    };
    struct counters {
        std::uint64_t hits = 0;
        std::uint64_t misses = 0;
        std::uint64_t evictions = 0;
    };
    struct answer {
        statement_digest digest;
        /// Never null.  Immutable, and outlives its stay in the cache as long as somebody holds it.
        std::shared_ptr<const script_facts> facts;
        /// Of this digest; never null.
        std::shared_ptr<statement_history> history;
    };

    facts_cache() = default;
    explicit facts_cache(limits l) : limits_(l) {}

    /// The facts of `text`, with the effects of what runs within it: from the cache, or analysed
    /// now and kept.
    answer find(std::string_view text, const lex_options& options);

    /// What runs within statements, from here on; not null.  If it is not what it was, all facts
    /// are found anew, and generation() is another one.
    void use(std::shared_ptr<const stored_code> code);
    std::uint64_t generation() const { return generation_; }

    const counters& count() const { return counters_; }
    std::size_t size() const { return index_.size(); }
    std::size_t bytes() const { return bytes_; }
    void clear();

private:
    struct key {
        statement_digest digest;
        lex_options options;
        friend bool operator==(const key&, const key&) = default;
    };
    struct key_hash {
        std::size_t operator()(const key& k) const {
            return static_cast<std::size_t>(k.digest.hash);
        }
    };
    struct entry {
        key k;
        std::shared_ptr<const script_facts> facts;
        std::shared_ptr<statement_history> history;
        std::size_t bytes = 0;
    };
    using order = std::list<entry>;  // the most recently used is first

    void evict_to_limits();

    limits limits_;
    counters counters_;
    order order_;
    std::unordered_map<key, order::iterator, key_hash> index_;  // one per element of order_
    std::size_t bytes_ = 0;
    std::shared_ptr<const stored_code> code_ = std::make_shared<const stored_code>();
    std::uint64_t generation_ = 0;
};

}  // namespace rules
