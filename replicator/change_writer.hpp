#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocol/row_image.hpp"
#include "replicator/edge_table.hpp"
#include "replicator/error.hpp"
#include "replicator/transaction.hpp"

namespace replicator {

/// What a statement does to a table of the edge.
enum class change { insert, update, remove };

/// One statement and the number of rows it must find; any other number means that the edge differs.
struct edge_statement {
    std::size_t table = 0;  // index into the edge's tables
    change what = change::insert;
    std::string sql{};
    std::uint64_t rows = 0;
};

/// Turns row events into SQL for the edge: columns and rows filtered, values exact.
///
/// Pure.  Statements keep the order of the rows; runs of inserts, and of deletes, in one table
/// become one statement.  A row that an update moves into or out of the row filter is inserted or
/// deleted.  An update that changes no kept column is nothing.
class change_writer {
public:
    explicit change_writer(std::shared_ptr<const edge_tables> tables);

    /// Adds the rows of one event.
    /// @return errc::unsupported_event if the event lacks a needed column (binlog_row_image);
    ///         errc::table_changed if its table lacks one that the edge has;
    ///         errc::stream_broken if it does not decode.
    result<void> add(const row_event& event);

    /// What has been added since the last call.
    std::vector<edge_statement> take();

    /// The length of the SQL that take() would return.
    std::size_t bytes() const noexcept;

private:
    struct bound_column {
        std::size_t at = 0;  // index into the event's columns
        std::string name;    // quoted
        bool on_update = false;
    };
    // One table's columns, found by name in the shape that its events have at the moment.
    struct binding {
        std::shared_ptr<const protocol::table_map> map{};
        std::vector<bound_column> written{};  // what the edge has, less generated columns
        std::vector<bound_column> key{};
        std::size_t filter = 0;  // the row filter's column, if there is one
        std::string name{};      // `schema`.`table`
        std::string columns{};   // of an INSERT
        std::string key_columns{};
    };

    result<const binding*> bind(const row_event& event);
    result<bool> keeps(const binding& table, const row_event& event,
                       const protocol::row_image& image, const protocol::row_image* fallback) const;
    result<void> change_row(const binding& table, const row_event& event,
                            const protocol::row_reader& row);
    result<void> insert(const binding& table, const row_event& event,
                        const protocol::row_image& after);
    result<void> update(const binding& table, const row_event& event,
                        const protocol::row_reader& row);
    result<void> remove(const binding& table, const row_event& event,
                        const protocol::row_image& before);
    result<void> append(std::string& sql, const binding& table, const row_event& event,
                        const bound_column& column, const protocol::row_image& image,
                        bool as_key) const;
    edge_statement& begin(edge_statement statement);
    edge_statement& extend(std::size_t table, change what, std::string head);
    failure missing(const row_event& event, const std::string& column) const;

    std::shared_ptr<const edge_tables> tables_;
    std::vector<binding> bindings_;  // one per table
    std::vector<edge_statement> statements_;
    std::size_t bytes_before_last_ = 0;  // of all statements but the last, which may still grow
};

}  // namespace replicator
