#include "replicator/sql_applier.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/sql_literal.hpp"
#include "replicator/edge_error.hpp"

namespace replicator {
namespace {

constexpr std::size_t script_bytes_max =
    4 * 1024 * 1024;              // of one round trip, but for its last row event
constexpr int attempts_max = 10;  // of a chunk that meets lock conflicts
constexpr std::chrono::milliseconds conflict_delay{20};
constexpr unsigned duplicate_key = 1062;

std::string name_of(const chunk& chunk) {
    protocol::gtid_set ids;
    for (const auto& transaction : chunk) ids += transaction.ids;
    return ids.to_string();
}

}  // namespace

result<void> prepare_for_writing(sql_connection& edge) {
    const std::string statements[] = {
        std::string(protocol::sql_literal_settings),
        "SET foreign_key_checks = 0, unique_checks = 1, wait_timeout = 31536000, "
        "lock_wait_timeout = 60, transaction_isolation = 'READ-COMMITTED', "
        "sql_quote_show_create = 1"};
    for (const auto& statement : statements) {
        const auto done = edge.execute(statement);
        if (!done) return edge_failure(done.error(), "preparing the connection");
    }
    const auto packet = edge.value("SELECT @@max_allowed_packet");
    if (!packet) return edge_failure(packet.error(), "preparing the connection");
    std::size_t bytes = 0;
    const std::string text = packet->value_or("");
    std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (bytes > 0) edge.set_packet_bytes_max(bytes);
    return {};
}

sql_applier::sql_applier(sql_connection& edge, std::shared_ptr<const edge_tables> tables,
                         const stop_signal& stop)
    : edge_(edge),
      tables_(std::move(tables)),
      writer_(tables_),
      script_bytes_(std::min(script_bytes_max, edge.packet_bytes_max() / 4)),
      stop_(stop) {}

result<std::uint64_t> sql_applier::apply(const chunk& next,
                                         const std::vector<std::string>& checkpoint) {
    for (int attempts = 1;; ++attempts) {
        const auto rows = attempt(next, checkpoint);
        if (rows) return rows;
        // The connection may be gone, and then so is the transaction.
        static_cast<void>(edge_.execute("ROLLBACK"));
        writer_.take();
        if (rows.error().code != errc::edge_busy || attempts == attempts_max) return rows.error();
        if (stop_.wait_for(conflict_delay * attempts)) return fail(errc::stop_requested, "");
    }
}

result<std::uint64_t> sql_applier::attempt(const chunk& next,
                                           const std::vector<std::string>& checkpoint) {
    begun_ = false;
    std::uint64_t rows = 0;
    for (const auto& transaction : next) {
        for (const auto& event : transaction.rows) {
            if (const auto added = writer_.add(event); !added) return added.error();
            if (writer_.bytes() < script_bytes_) continue;
            const auto sent = send({}, next);
            if (!sent) return sent.error();
            rows += *sent;
        }
    }
    const auto sent = send(checkpoint, next);
    if (!sent) return sent.error();
    const auto committed = edge_.execute("COMMIT");
    if (!committed) return explain(committed.error(), nullptr, next);
    return rows + *sent;
}

// Sends what the writer has, and `last` behind it, and checks what came of each statement.
result<std::uint64_t> sql_applier::send(const std::vector<std::string>& last, const chunk& next) {
    const auto statements = writer_.take();
    std::string script;
    const auto add = [&](std::string_view sql) {
        if (!script.empty()) script += ";\n";
        script += sql;
    };
    const std::size_t first = begun_ ? 0 : 1;
    if (!begun_) add("BEGIN");
    begun_ = true;
    for (const auto& statement : statements) add(statement.sql);
    for (const auto& statement : last) add(statement);

    const auto counts = edge_.execute_script(script);
    if (!counts) {
        const std::size_t at = counts.error().statement;
        const bool is_row = at >= first && at - first < statements.size();
        return explain(counts.error(), is_row ? &statements[at - first] : nullptr, next);
    }
    std::uint64_t rows = 0;
    for (std::size_t i = 0; i < statements.size(); ++i) {
        if ((*counts)[first + i] != statements[i].rows) return differs(statements[i], next);
        rows += statements[i].rows;
    }
    for (std::size_t i = first + statements.size(); i < counts->size(); ++i) {
        if ((*counts)[i] != 1) {
            return fail(errc::superseded, "another process has taken this edge over");
        }
    }
    return rows;
}

failure sql_applier::explain(const sql_error& why, const edge_statement* statement,
                             const chunk& next) const {
    if (statement != nullptr && why.number == duplicate_key) return differs(*statement, next);
    std::string what = "applying source transaction " + name_of(next);
    if (statement != nullptr) {
        const edge_table& table = (*tables_)[statement->table];
        what += " to " + table.schema + "." + table.table;
    }
    return edge_failure(why, what);
}

failure sql_applier::differs(const edge_statement& statement, const chunk& next) const {
    const edge_table& table = (*tables_)[statement.table];
    std::string what;
    switch (statement.what) {
        case change::insert:
            what = "a row that the source inserted is already there";
            break;
        case change::update:
            what =
                "a row that the source updated is not there, or its new unique "
                "value is taken";
            break;
        case change::remove:
            what = "a row that the source deleted is not there";
            break;
    }
    return fail(errc::edge_differs,
                "edge table " + table.schema + "." + table.table +
                    " differs from the source: " + what + " (source transaction " + name_of(next) +
                    "). Somebody else wrote to it; find out who, then have it copied anew");
}

}  // namespace replicator
