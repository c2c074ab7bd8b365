#pragma once

#include <set>
#include <string>
#include <variant>

#include "protocol/column_value.hpp"
#include "replicator/edge_spec.hpp"
#include "replicator/error.hpp"
#include "replicator/table_layout.hpp"

namespace replicator {

/// A row predicate bound to its column: decides for a value of the stream exactly as
/// `column IN (…)` decides on the source.
///
/// That is why the column must be an integer, a DATE, or a string whose collation compares bytes:
/// of other types equality is the server's secret.
class predicate {
public:
    /// @return errc::source_unfit with what to change, if the column or a value will not do.
    static result<predicate> bind(const row_predicate& rule, const table_layout& source);

    /// NULL is never kept.  An absent value has no answer: ask before.
    bool keeps(const protocol::column_value& value) const;

    const std::string& column() const noexcept { return column_; }
    /// The same as an SQL condition.
    const std::string& sql() const noexcept { return sql_; }
    /// The values as SQL has them in literals, without quotes.
    const std::vector<std::string>& literals() const noexcept { return literals_; }

    /// The column holds whole numbers, so that a number literal is compared with it as a number.
    bool is_integer() const noexcept { return std::holds_alternative<integers>(values_); }

private:
    predicate() = default;

    struct integers {
        std::set<std::int64_t> negative;
        std::set<std::uint64_t> others;
    };
    struct texts {
        std::set<std::string, std::less<>> values;
        bool pad_space;  // trailing blanks do not count
    };

    static result<integers> bind_integers(const row_predicate& rule, const std::string& where);

    std::string column_;
    std::string sql_;
    std::vector<std::string> literals_;
    std::variant<integers, texts> values_;
};

}  // namespace replicator
