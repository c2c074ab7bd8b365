#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rules {

/// What a statement is, as far as routing and session state care.
///
/// Everything not recognised is `unknown`; treat it as a write after which nothing is known about
/// the connection's state.
enum class statement_class : std::uint8_t {
    empty,  ///< nothing but comments; the server answers with error 1065.
    read,   ///< SELECT, TABLE, VALUES, WITH ... SELECT that locks nothing and writes nothing.
    locking_read,  ///< FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE, at any depth.
    write,         ///< INSERT, UPDATE, DELETE, REPLACE, LOAD, IMPORT, SELECT ... INTO OUTFILE.
    begin,         ///< BEGIN, START TRANSACTION; see transaction_flags.
    commit,
    rollback,
    savepoint,              ///< subject: its name.
    rollback_to_savepoint,  ///< subject: its name.
    release_savepoint,      ///< subject: its name.
    set_session,            ///< session and user variables, NAMES, CHARACTER SET; see assignments.
    set_transaction,        ///< SET [SESSION] TRANSACTION; see assignments.
    set_global,             ///< any assignment GLOBAL or PERSIST, SET GLOBAL TRANSACTION.
    use_schema,             ///< subject: the schema, exactly as written.
    ddl,                    ///< CREATE, ALTER, DROP, RENAME, TRUNCATE, GRANT, REVOKE.
    show,
    explain,          ///< see explained.
    describe,         ///< DESCRIBE table, EXPLAIN table.
    prepare_text,     ///< subject: the prepared statement's name.
    execute_text,     ///< subject: the prepared statement's name.
    deallocate_text,  ///< subject: the prepared statement's name.
    call,
    lock_tables,  ///< also LOCK INSTANCE FOR BACKUP.
    unlock_tables,
    flush,    ///< see effect::locks_globally.
    handler,  ///< subject: the name of the open table, with OPEN and CLOSE.
    xa,       ///< subject: the verb: START (also for BEGIN), END, PREPARE, COMMIT, ...
    kill,
    do_statement,
    get_diagnostics,  ///< GET DIAGNOSTICS; SIGNAL and RESIGNAL too, as they fill the area it reads.
    admin,            ///< replication control, ANALYZE, INSTALL, RESET, SET PASSWORD, ...
    unknown,
};

/// The subject of statement_class::lock_tables and unlock_tables.
namespace lock_subject {
inline constexpr char tables[] = "TABLES";
inline constexpr char instance[] = "INSTANCE";
}  // namespace lock_subject

/// What a statement does or needs beyond its class.  A set of bits.
///
/// A bit may be set without need, never missing, with one exception that no reader of text can
/// avoid: what stored functions, triggers, procedures and views do inside.  stored_code adds that.
enum class effect : std::uint64_t {
    takes_get_lock = 1ull << 0,  ///< GET_LOCK()
    releases_lock = 1ull << 1,   ///< RELEASE_LOCK(), RELEASE_ALL_LOCKS()
    creates_temporary_table = 1ull << 2,
    drops_temporary_table = 1ull << 3,   ///< DROP TEMPORARY TABLE
    drops_table = 1ull << 4,             ///< DROP TABLE, which drops temporary ones too
    reads_user_variable = 1ull << 5,     ///< @x
    writes_user_variable = 1ull << 6,    ///< @x := 1, SET @x = 1, SELECT ... INTO @x
    reads_last_insert_id = 1ull << 7,    ///< LAST_INSERT_ID(), @@identity, @@last_insert_id
    sets_last_insert_id = 1ull << 8,     ///< LAST_INSERT_ID(expression)
    reads_found_rows = 1ull << 9,        ///< FOUND_ROWS()
    sets_found_rows = 1ull << 10,        ///< SQL_CALC_FOUND_ROWS
    reads_row_count = 1ull << 11,        ///< ROW_COUNT()
    reads_warnings = 1ull << 12,         ///< SHOW WARNINGS/ERRORS, @@warning_count, GET DIAGNOSTICS
    reads_system_variable = 1ull << 13,  ///< @@x; see system_variables
    server_specific = 1ull << 14,  ///< depends on the server, account or connection: UUID(), ...
    calls_unknown_function = 1ull << 15,  ///< maybe a stored or loadable function; see that list
    select_into = 1ull << 16,             ///< SELECT ... INTO anything
    has_star = 1ull << 17,                ///< SELECT *, SELECT t.*, TABLE t; not COUNT(*)
    natural_join = 1ull << 18,
    implicit_commit = 1ull << 19,  ///< ends an open transaction before (and after) it runs
    sets_sql_log_bin = 1ull << 20,
    uses_parameters = 1ull << 21,      ///< has ?; only a prepared statement may
    local_infile = 1ull << 22,         ///< LOAD DATA LOCAL: the client will be asked for a file
    locks_globally = 1ull << 23,       ///< FLUSH TABLES [...] WITH READ LOCK | FOR EXPORT
    changes_identity = 1ull << 24,     ///< SET ROLE, SET RESOURCE GROUP: state no tracker reports
    version_comment = 1ull << 25,      ///< has /*!NNNNN ... */ newer than 8.0.0: servers may differ
    opens_handler = 1ull << 26,        ///< HANDLER t OPEN
    closes_handler = 1ull << 27,       ///< HANDLER t CLOSE
    reads_connection_id = 1ull << 28,  ///< CONNECTION_ID()
    renames_table = 1ull << 29,        ///< ALTER TABLE ... RENAME, which renames temporary ones too
};

class effect_set {
public:
    constexpr effect_set() = default;
    constexpr effect_set(effect e)
        : bits_(static_cast<std::uint64_t>(e)) {}  // NOLINT: a set of one

    constexpr bool has(effect_set any_of) const { return (bits_ & any_of.bits_) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr std::uint64_t bits() const { return bits_; }
    constexpr effect_set& operator|=(effect_set other) {
        bits_ |= other.bits_;
        return *this;
    }
    friend constexpr effect_set operator|(effect_set a, effect_set b) { return a |= b; }
    friend constexpr bool operator==(effect_set, effect_set) = default;

private:
    std::uint64_t bits_ = 0;
};

constexpr effect_set operator|(effect a, effect b) {
    return effect_set(a) | effect_set(b);
}

/// How BEGIN, COMMIT and ROLLBACK are qualified.
struct transaction_flags {
    bool read_only = false;            ///< START TRANSACTION READ ONLY
    bool read_write = false;           ///< START TRANSACTION READ WRITE
    bool consistent_snapshot = false;  ///< WITH CONSISTENT SNAPSHOT
    bool chain = false;                ///< AND CHAIN: another transaction begins at once
    bool release = false;              ///< RELEASE: the server then closes the connection
    friend bool operator==(const transaction_flags&, const transaction_flags&) = default;
};

/// One assignment of a SET statement.
struct assignment {
    enum class scope_kind : std::uint8_t {
        session,           ///< SET x, SET SESSION x, SET LOCAL x, @@x, @@session.x
        user,              ///< SET @x
        global,            ///< SET GLOBAL x, @@global.x
        persist,           ///< SET PERSIST x, SET PERSIST_ONLY x
        next_transaction,  ///< SET TRANSACTION ..., SET @@transaction_isolation = ... without
                           ///< SESSION
    };
    enum class value_kind : std::uint8_t {
        string,         ///< one string literal, with its quotes: see literal_value()
        number,         ///< one number, perhaps signed; hexadecimal and bit literals too
        word,           ///< ON, utf8mb4, READ ONLY: words that stand for themselves
        default_value,  ///< DEFAULT
        null_value,     ///< NULL
        expression,     ///< anything else
    };

    scope_kind scope = scope_kind::session;
    /// Lower case, unquoted.  `SET NAMES` is "names", `SET CHARACTER SET` is "character set";
    /// `SET TRANSACTION` gives "transaction_isolation" and "transaction_read_only".
    std::string name;
    value_kind kind = value_kind::expression;
    /// The value in SQL: a literal as written; otherwise its tokens, one space apart, without
    /// comments. For "transaction_isolation" what the variable holds (READ-COMMITTED), for
    /// "transaction_read_only" ON or OFF.
    std::string text;
    std::string collation;  ///< of SET NAMES cs COLLATE x, unquoted; otherwise empty.

    friend bool operator==(const assignment&, const assignment&) = default;
};

/// A table as a statement names it, lower case (ASCII); schema is empty where none was written.
struct table_name {
    std::string schema;
    std::string table;
    friend bool operator==(const table_name&, const table_name&) = default;
    friend auto operator<=>(const table_name&, const table_name&) = default;
};

/// One conjunct `column = value` or `column IN (values)` that every row of the result satisfies.
struct equality {
    enum class value_source : std::uint8_t { literals, parameters };
    std::string column;  ///< lower case, without its qualifier
    value_source source = value_source::literals;
    /// literals: one number, for literals_at().  parameters: the ordinals of the ?, from 0, in
    /// order.
    std::vector<std::uint32_t> ordinals;
    friend bool operator==(const equality&, const equality&) = default;
};

/// What the text of one statement tells.  A value; equal digests have equal facts.
///
/// All names are lower case (ASCII only) and unquoted, distinct and sorted.
struct statement_facts {
    statement_class cls = statement_class::unknown;
    /// explain: the class of what is explained (its effects are included in `effects`).
    statement_class explained = statement_class::empty;
    bool explain_analyze = false;  ///< EXPLAIN ANALYZE runs the statement.
    /// A limit was reached (limits.hpp): names, tables and effects are not complete.  The class is
    /// then `unknown`.
    bool incomplete = false;
    transaction_flags transaction;
    effect_set effects;
    /// Its answer and its effect depend on the session alone: see session_only.hpp.  Which
    /// variables it reads and sets is for the caller to look at.
    bool session_only = false;
    std::string subject;  ///< see statement_class

    std::vector<assignment> assignments;
    /// Every word that may be an identifier, aliases and function names included: a statement can
    /// touch no schema, table, view, routine or column whose name is not here, but for `has_star`,
    /// `natural_join` and what views and routines do inside.
    std::vector<std::string> names;
    /// Best effort, for display and rules: tables after FROM, JOIN, UPDATE, INTO, TABLE.  CTEs and
    /// aliases are left out where they can be told apart.
    std::vector<table_name> tables;
    /// What CREATE TEMPORARY TABLE makes or DROP [TEMPORARY] TABLE names, exactly as spelled, for
    /// only then are equal names surely one table.
    std::vector<table_name> targets;
    std::vector<std::string> schema_qualifiers;  ///< the s of s.t, s.t.c and s.f(), best effort
    std::vector<std::string> system_variables;   ///< the x of @@x, @@session.x and @@global.x
    /// Functions called that are not MySQL's own; `schema.function` if qualified.
    std::vector<std::string> unknown_functions;
    /// Only for a SELECT from exactly one table, without subquery, UNION, CTE; otherwise empty.
    std::vector<equality> equalities;

    friend bool operator==(const statement_facts&, const statement_facts&) = default;
};

/// The statements of one COM_QUERY or COM_STMT_PREPARE text, in order.
///
/// There is at least one.  More than one only runs if the client has CLIENT_MULTI_STATEMENTS; else
/// the server refuses the whole text as a syntax error.
struct script_facts {
    std::vector<statement_facts> statements;

    bool single() const { return statements.size() == 1; }
    const statement_facts& front() const { return statements.front(); }
    /// The effects of all of them.
    effect_set effects() const;
    /// About how much memory this value holds, in bytes, for the cache's limit.
    std::size_t footprint() const;

    friend bool operator==(const script_facts&, const script_facts&) = default;
};

/// "read", "set_session", ...: for logs, metrics and explain.
std::string_view to_string(statement_class cls);

/// "has_star natural_join", in the order of the bits; empty for the empty set.
std::string to_string(effect_set effects);

}  // namespace rules
