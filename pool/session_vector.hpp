#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pool/tracked_variables.hpp"

namespace pool {

/// The state of a session that can be carried from connection to connection: the default schema,
/// the defaults that the session began with, and every tracked variable that it has changed.  A
/// vector, not a log: what counts is where the session is, not how it came there.  A value;
/// sessions in the same state compare equal.
class session_vector {
public:
    struct setting {
        variable_id id{};
        variable_value value{};
        friend bool operator==(const setting&, const setting&) = default;
    };
    using baseline = std::vector<setting>;  // sorted by id, each id once

    const std::string& schema() const noexcept { return schema_; }  // empty: none chosen
    void use_schema(std::string_view schema) { schema_ = schema; }

    /// What the variables are that the session has not changed: the server's global values at the
    /// session's login.  Null: whatever the connection began with.  Vectors with equal defaults at
    /// two addresses are two; see vector_interner.
    const std::shared_ptr<const baseline>& defaults() const noexcept { return defaults_; }
    void use_defaults(std::shared_ptr<const baseline> defaults) { defaults_ = std::move(defaults); }

    /// Sorted by id: character sets come before the collation that they would reset.
    std::span<const setting> settings() const noexcept { return settings_; }
    const variable_value* find(variable_id id) const noexcept;  // null: not changed
    /// What a variable is, changed or by default; null: not known.
    const variable_value* value_of(variable_id id) const noexcept;
    void set(variable_id id, variable_value value);
    void clear_settings() { settings_.clear(); }

    /// The collation of character_set_results, in which columns are told, if SET NAMES … COLLATE or
    /// a login chose it; empty: the character set's default one.  No variable shows it.
    const std::string& results_collation() const noexcept { return results_collation_; }
    /// Takes lower case letters, digits and _ only; all else counts as none.
    void set_results_collation(std::string_view collation);

    /// A user variable and its value as SQL: a literal that means the same whatever the character
    /// set and sql_mode, such as 1.50, NULL or _utf8mb4'x' COLLATE utf8mb4_bin.
    struct user_variable {
        std::string name;  // lower case (ASCII)
        std::string literal;
        friend bool operator==(const user_variable&, const user_variable&) = default;
    };
    static constexpr std::size_t user_variables_max = 32;
    static constexpr std::size_t user_literal_bytes_max = 512;

    /// Sorted by name.
    std::span<const user_variable> user_variables() const noexcept { return user_variables_; }
    /// False, and nothing done, if there are too many or the literal is too long.
    bool set_user_variable(std::string_view name, std::string_view literal);
    void forget_user_variable(std::string_view name);

    /// The part that decides what a statement's text means when it is prepared: the schema, and
    /// the variables that its expressions take their types, lengths and words from.
    session_vector parsing_part() const;
    /// This state with its own defaults, but with the parsing part of another, in which writes may
    /// be prepared.
    session_vector with_parsing_part(const session_vector& other) const;

    std::size_t hash() const noexcept;
    friend bool operator==(const session_vector&, const session_vector&) = default;

private:
    std::string schema_;
    std::shared_ptr<const baseline> defaults_;
    std::string results_collation_;
    std::vector<setting> settings_;              // sorted by id, each id once: at most 256
    std::vector<user_variable> user_variables_;  // sorted by name, each once
};

using shared_vector = std::shared_ptr<const session_vector>;

/// The values that a server's sessions begin with, at one time; servers, their versions and times
/// differ, because of SET GLOBAL.
using variable_baseline = session_vector::baseline;
using shared_baseline = std::shared_ptr<const variable_baseline>;

/// Gives equal vectors one address, so that the usual question, "is this connection in the state of
/// this session?", is a comparison of pointers.  One per worker; not for several threads.
class vector_interner {
public:
    shared_vector intern(session_vector value);
    /// Likewise for defaults, of which there are a handful: null stays null.
    shared_baseline intern_defaults(shared_baseline defaults);
    std::size_t size() const noexcept { return known_.size(); }  // of which some may be dead

private:
    void forget_dead();

    std::unordered_multimap<std::size_t, std::weak_ptr<const session_vector>> known_;
    std::size_t forget_at_ = 64;  // bounds known_ at twice the vectors alive
    std::vector<std::weak_ptr<const variable_baseline>> known_defaults_;  // bounded by those alive
};

/// Which of a session's defaults a connection takes over; of the others it keeps its own.
enum class carried_defaults : std::uint8_t {
    all,
    permitted,  ///< Those that every account may set.
    answers     ///< Of those, the ones that decide what a statement means or answers.
};

/// pool::tracking_statement() for MariaDB, which takes no names that it does not know and has no
/// GTIDs to tell.
std::string mariadb_tracking_statement(const variable_baseline& known);

/// The SET that takes a connection from `from` to `to`; empty if they agree.  `own` is what the
/// connection's server began with, and says which variables it knows.  What `to` has not changed
/// goes to the defaults of `to` by value (never to DEFAULT: MySQL 9.7 turns foreign_key_checks off
/// on SET … = DEFAULT), user variables to NULL.
std::string set_statement(const session_vector& from, const session_vector& to,
                          const variable_baseline& own,
                          carried_defaults carried = carried_defaults::all);

}  // namespace pool
