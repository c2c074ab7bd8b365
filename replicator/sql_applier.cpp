#include "replicator/sql_applier.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/sql_literal.hpp"
#include "replicator/edge_error.hpp"

namespace replicator {
namespace {

constexpr std::size_t script_bytes_max = 4 * 1024 * 1024;  // of one round trip
constexpr int attempts_max = 10;                           // of a chunk that meets lock conflicts
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
      script_bytes_(std::min(script_bytes_max, edge.packet_bytes_max() / 2)),
      stop_(stop) {}

result<std::uint64_t> sql_applier::apply(const chunk& next,
                                         const std::vector<std::string>& checkpoint) {
    const std::uint64_t rows_before = writer_.rows();
    for (const auto& transaction : next) {
        for (const auto& event : transaction.rows) {
            if (const auto added = writer_.add(event); !added) return added.error();
        }
    }
    const auto statements = writer_.take();
    for (int attempt = 1;; ++attempt) {
        const auto done = run(statements, checkpoint, next);
        if (done) return writer_.rows() - rows_before;
        // The connection may be gone, and then so is the transaction.
        static_cast<void>(edge_.execute("ROLLBACK"));
        if (done.error().code != errc::edge_busy || attempt == attempts_max) return done.error();
        if (stop_.wait_for(conflict_delay * attempt)) return fail(errc::stop_requested, "");
    }
}

result<void> sql_applier::run(const std::vector<edge_statement>& statements,
                              const std::vector<std::string>& checkpoint, const chunk& next) {
    std::string script = "BEGIN";
    std::size_t others = 1;  // statements in the script before the first of ours
    std::size_t sent = 0;
    for (std::size_t i = 0; i < statements.size(); ++i) {
        if (script.size() + statements[i].sql.size() > script_bytes_ && !script.empty()) {
            const auto done =
                run_script(script, std::span(statements).subspan(sent, i - sent), others, next);
            if (!done) return done.error();
            sent = i;
            others = 0;
        }
        if (!script.empty()) script += ";\n";
        script += statements[i].sql;
    }
    const std::size_t ours = statements.size() - sent;
    for (const auto& statement : checkpoint) script += ";\n" + statement;
    const auto counts = edge_.execute_script(script);
    if (!counts) {
        const std::size_t at = counts.error().statement;
        return explain(
            counts.error(),
            at >= others && at < others + ours ? &statements[sent + at - others] : nullptr, next);
    }
    for (std::size_t i = 0; i < ours; ++i) {
        if ((*counts)[others + i] != statements[sent + i].rows) {
            return differs(statements[sent + i], next);
        }
    }
    for (std::size_t i = others + ours; i < counts->size(); ++i) {
        if ((*counts)[i] != 1) {
            return fail(errc::superseded, "another process has taken this edge over");
        }
    }
    const auto committed = edge_.execute("COMMIT");
    if (!committed) return explain(committed.error(), nullptr, next);
    return {};
}

result<void> sql_applier::run_script(std::string& script,
                                     std::span<const edge_statement> statements,
                                     std::size_t others_before, const chunk& next) {
    const auto counts = edge_.execute_script(script);
    if (!counts) {
        const std::size_t at = counts.error().statement;
        const bool is_ours = at >= others_before && at - others_before < statements.size();
        return explain(counts.error(), is_ours ? &statements[at - others_before] : nullptr, next);
    }
    for (std::size_t i = 0; i < statements.size(); ++i) {
        if ((*counts)[others_before + i] != statements[i].rows) return differs(statements[i], next);
    }
    script.clear();
    return {};
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
