#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rules/sql_mode.hpp"
#include "rules/statement_facts.hpp"

namespace rules {

/// A routine, trigger or view of the server.
struct stored_object {
    enum class kind : std::uint8_t { procedure, function, trigger, view };
    kind what = kind::procedure;
    std::string schema;
    std::string name;  ///< of a trigger: its table's, for nobody names the trigger itself
    std::string body;  ///< a view's is its definition
    lex_options lexing{};
    bool hidden = false;  ///< nobody has seen the body, or it is not SQL: it may do anything
};

/// A way in which naming a thing makes stored code run.
struct stored_use {
    enum class way : std::uint8_t { call_procedure, call_function, read_view, write_table };
    way how = way::call_procedure;
    std::string system_schema;  ///< the one it is in, if that had to be named
    std::string name;           ///< lower case (ASCII)
    friend auto operator<=>(const stored_use&, const stored_use&) = default;
};

/// What there is to know of one object without the others.
struct stored_summary {
    stored_object::kind what = stored_object::kind::procedure;
    std::string schema;
    std::string name;
    effect_set effects;            ///< of its own statements
    bool hidden = false;           ///< effects are all that there may be
    std::vector<stored_use> uses;  ///< what it may name; sorted, distinct
};

/// Costs microseconds for each statement of the body.
stored_summary summary_of(const stored_object& object);

/// What the code that a server stores does to the session that makes it run: the effects that the
/// text of a statement does not tell.  An immutable value.
///
/// It goes by names alone, as default schemas are not known here: a statement has the effects of
/// all routines and views that it may mean and, if it writes, of the triggers of all tables that it
/// may mean.  The tables and views of the system's schemas must be named with their schema.
///
/// Tried on 9.7: LAST_INSERT_ID() is after a CALL what the procedure made it, without a word in the
/// OK packet; what a function or a trigger makes it is taken back.  LAST_INSERT_ID(), ROW_COUNT()
/// and FOUND_ROWS() begin in each of them, and in a view, with the values of the session.
class stored_code {
public:
    stored_code() = default;
    explicit stored_code(const std::vector<std::shared_ptr<const stored_summary>>& objects);

    /// True if nothing that is stored has an effect worth knowing.
    bool empty() const noexcept { return effects_.empty(); }
    /// How many names have one.
    std::size_t size() const noexcept { return effects_.size(); }
    /// What runs within the statement does besides.
    effect_set effects_within(const statement_facts& statement) const;
    /// Adds that to each statement's effects.
    void complete(script_facts& script) const;

    friend bool operator==(const stored_code&, const stored_code&) = default;

private:
    class closure;

    struct key {
        bool beyond_ascii = false;  // the name is: it has several spellings
        stored_use use;
        friend auto operator<=>(const key&, const key&) = default;
    };

    template <class Map, class Take>
    static void each_match(Map& among, const stored_use& named, Take take);

    std::map<key, effect_set> effects_;
};

}  // namespace rules
