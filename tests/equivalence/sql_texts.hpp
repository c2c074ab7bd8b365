#pragma once

#include <string>
#include <vector>

#include "tests/equivalence/dice.hpp"

/// Random statements for one session.
///
/// Every session writes to tables of its own only, so no session waits for another's locks; the
/// tables of `shared` are written by nobody.  Nothing here depends on the time or on the server's
/// identity, and every SELECT that has several rows orders them.

namespace equivalence {

/// What belongs to one session.
struct own_things {
    std::string table;          // fuzz.t0: only this session writes it, all may read it
    std::string private_table;  // fuzz.p0: nobody else names it, so it may be altered and locked
    std::string schema;         // own0: created and dropped by this session
    std::vector<std::string> other_tables;
};

/// One statement that leaves nothing behind that needs its connection.
std::string light_statement(dice& random, const own_things& own);

/// One of those that changes nothing of the session's state.
std::string harmless_statement(dice& random, const own_things& own);

/// One that does: transactions, temporary tables, user variables, locks, PREPARE and so on.
/// `generation` makes names new: a session that keeps its connection again has other ones.
std::string holding_statement(dice& random, const own_things& own, unsigned generation);

std::string read_statement(dice& random, const own_things& own);
std::string write_statement(dice& random, const own_things& own);
std::string set_statement(dice& random);

/// A SELECT of expressions and variables that shows much of the session's state.
std::string probe_statement(dice& random);

/// A text with placeholders, and how many.
struct prepared_sql {
    std::string text;
    unsigned placeholders = 0;
    bool reads_rows = false;  // so that a cursor is worth while
};
/// Only with `may_hold` may it leave something behind that needs its connection.
prepared_sql text_to_prepare(dice& random, const own_things& own, bool may_hold);

}  // namespace equivalence
