#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace replicator {

/// `name` as an identifier in backquotes.
std::string quoted(std::string_view name);

/// `schema`.`table`, quoted.
std::string quoted(std::string_view schema, std::string_view table);

/// `text` as a literal in single quotes, for a connection of character set utf8mb4 without
/// NO_BACKSLASH_ESCAPES.
std::string literal(std::string_view text);

/// ASCII letters in lowercase; other bytes as they are.  MySQL's names are compared so.
std::string lowercase(std::string_view text);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// The words of a statement: identifiers, quoted or not, and keywords, in order.
///
/// Simple and generous: it knows comments, string literals and quotes, and takes everything else
/// that could be part of a name.  What stands in a version comment (/*! … */) counts.
struct sql_word {
    std::string text{};   // unquoted words in lowercase, quoted ones as they are
    bool quoted = false;  // in backquotes or double quotes: no keyword
};

/// Stops after `words_max` words.
std::vector<sql_word> words_of(std::string_view statement, std::size_t words_max);

}  // namespace replicator
