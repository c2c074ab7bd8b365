#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/sql_mode.hpp"

namespace rules {

/// Identifies all statements that differ only in literals, comments, white space and keyword case.
///
/// `hash` is what people see (admin tables, rules, logs).  `check` is another 64 bits of the same
/// XXH3-128, so that a chance collision of `hash` alone does not lend one statement another's
/// facts. Stable between processes and machines.
struct statement_digest {
    std::uint64_t hash = 0;
    std::uint64_t check = 0;
    friend bool operator==(const statement_digest&, const statement_digest&) = default;
};

/// The digest of a text, in one pass, without allocating.
///
/// Invariant: under equal options, texts with equal digests have equal facts (analyze.hpp).  It
/// holds by construction: both are computed from the same normalised symbols (normalizer.hpp).
/// Hence
/// - the literals of SET and everything in USE are part of the digest, so SET autocommit=0 differs
///   from SET autocommit=1;
/// - a parameter marker differs from a literal, and every marker counts: IN (?, ?) is not IN (?);
/// - a version comment newer than 8.0.0 leaves a mark, and an optimizer hint counts as written.
/// Otherwise as MySQL: lists of literals and of rows of literals count as one, whatever their
/// length.
statement_digest digest_of(std::string_view text, const lex_options& options);

/// The normalised statement, as MySQL's STATEMENT_DIGEST_TEXT() prints it: literals are `?`, lists
/// of them `...`, keywords upper case, identifiers in back quotes, one space between tokens.
///
/// Holds no literal, of SET neither, so it may be logged.  Stops after `bytes_max` bytes (and then
/// ends in "...").  Differs from MySQL's text on purpose in these: see
/// tests/rules/digest_oracle_test.
std::string digest_text(std::string_view text, const lex_options& options,
                        std::size_t bytes_max = 65'536);

}  // namespace rules
