#include "replicator/edge_session.hpp"

#include <algorithm>

#include "replicator/edge_error.hpp"
#include "replicator/schema_copy.hpp"
#include "replicator/snapshot_copy.hpp"
#include "replicator/source_stream.hpp"
#include "replicator/sql_applier.hpp"
#include "replicator/sql_text.hpp"

namespace replicator {
namespace {

constexpr std::chrono::milliseconds save_period{1000};  // of positions without rows
constexpr std::chrono::milliseconds idle_wait{1000};    // until an idle edge is asked if it lives
constexpr int lock_wait_seconds = 2;                    // a stand-by asks again, to notice a stop
constexpr int history_wait_seconds = 3;   // for a new source to have what the edge has
constexpr int visible_wait_seconds = 10;  // a committed statement to be visible on the source

failure source_lost(const sql_error& why) {
    return fail(errc::source_lost,
                "source: error " + std::to_string(why.number) + ", " + why.message);
}

std::string sentences(const std::vector<std::string>& problems) {
    return join(problems, "; ");
}

// By the wall clock, since the other end of the interval is the source's.
std::chrono::microseconds since(std::uint64_t microseconds_since_1970) {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const std::chrono::microseconds then(static_cast<std::int64_t>(microseconds_since_1970));
    return std::max(now - then, std::chrono::microseconds(0));
}

}  // namespace

result<std::unique_ptr<edge_session>> edge_session::open(const edge_spec& spec, bool copy_anew,
                                                         report_board& board, stop_signal& stop) {
    auto edge = sql_connection::connect(spec.edge, {}, &stop);
    if (!edge) return edge_failure(edge.error(), "connecting");
    std::unique_ptr<edge_session> session(new edge_session(spec, board, stop, std::move(*edge)));
    if (const auto done = session->become_writer(); !done) return done.error();
    if (const auto done = session->check_servers(); !done) return done.error();

    auto taken = checkpoint::take_over(session->edge_, spec);
    if (!taken) return taken.error();
    session->checkpoint_ = std::move(*taken);
    const checkpoint& point = *session->checkpoint_;
    if (copy_anew || point.state() != checkpoint::copy_state::following ||
        point.rules() != describe_rules(spec)) {
        if (const auto done = session->copy(); !done) return done.error();
        board.enter(router::edge_state::connecting);
    }
    if (const auto done = session->load_tables(); !done) return done.error();
    if (const auto done = session->check_history(); !done) return done.error();
    session->visible_ = point.applied();
    if (const auto done = session->refresh_coverage(); !done) return done.error();
    session->applier_ = std::make_unique<sql_applier>(session->edge_, session->tables_, stop);
    board.publish(session->holds_, session->visible_);
    return session;
}

result<void> edge_session::become_writer() {
    const auto who = identify(edge_, errc::edge_lost);
    if (!who) return who.error();
    identity_ = derive_identity(spec_.name, who->uuid);
    if (spec_.server_id != 0) identity_.server_id = spec_.server_id;
    const std::string lock = "SELECT GET_LOCK(" + literal(identity_.lock_name) + ", " +
                             std::to_string(lock_wait_seconds) + ")";
    for (;;) {
        const auto answer = edge_.value(lock);
        if (stop_.requested()) return fail(errc::stop_requested, "");
        if (!answer) return edge_failure(answer.error(), "GET_LOCK");
        if (answer->value_or("") == "1") break;
        board_.withdraw();  // what the other process makes of the edge is not known here
        board_.enter(router::edge_state::connecting,
                     "another process keeps this edge; standing by to take it over");
    }
    return prepare_for_writing(edge_);
}

result<void> edge_session::reconnect_source() {
    auto source = sql_connection::connect(spec_.source, {}, &stop_);
    if (!source) return source_lost(source.error());
    source_.emplace(std::move(*source));
    const auto set = source_->execute("SET wait_timeout = 31536000, lock_wait_timeout = 60");
    if (!set) return source_lost(set.error());
    return {};
}

result<void> edge_session::check_servers() {
    if (const auto done = reconnect_source(); !done) return done.error();
    auto who = identify(*source_, errc::source_lost);
    if (!who) return who.error();
    source_identity_ = std::move(*who);
    const auto at_source = check_source(*source_, spec_);
    if (!at_source) return at_source.error();
    if (!at_source->empty()) return fail(errc::source_unfit, sentences(*at_source));
    const auto at_edge = check_edge(edge_, spec_, source_identity_);
    if (!at_edge) return at_edge.error();
    if (!at_edge->empty()) return fail(errc::edge_unfit, sentences(*at_edge));
    return {};
}

// The source itself refuses a replica only if it is ahead in the source's own GTIDs.  After a
// failover those that were lost are the old primary's, and nobody would ever notice.
result<void> edge_session::check_history() {
    const std::string applied = checkpoint_->applied().to_string();
    const auto waited = source_->value("SELECT WAIT_FOR_EXECUTED_GTID_SET('" + applied + "', " +
                                       std::to_string(history_wait_seconds) + ")");
    if (!waited) return source_lost(waited.error());
    if (waited->value_or("1") == "0") return {};
    const auto lacks =
        source_->value("SELECT GTID_SUBTRACT('" + applied + "', @@global.gtid_executed)");
    if (!lacks) return source_lost(lacks.error());
    return fail(errc::source_behind,
                "the edge has transactions that the source has lost (after a failover?): " +
                    lacks->value_or("") + "; it must be copied anew once the loss is understood");
}

result<void> edge_session::copy() {
    board_.withdraw();
    board_.enter(router::edge_state::copying);
    board_.count([](replicator_status& status) { status.rows_copied = 0; });
    if (const auto done = checkpoint_->begin_copy(edge_, describe_rules(spec_)); !done) {
        return done.error();
    }
    auto snapshot = source_snapshot::open(spec_, stop_);
    if (!snapshot) return snapshot.error();
    // Old tables stay in their places until the new ones are whole: a read that was sent here
    // before the coverage was withdrawn then sees a true state, old or new.
    std::vector<table_layout> layouts;
    std::vector<staged_table> staged;
    for (const auto& rule : spec_.tables) {
        auto layout = load_table_layout(snapshot->connection(), rule.schema, rule.table);
        if (!layout) return source_lost(layout.error());
        if (!*layout) {
            return fail(errc::source_unfit,
                        "table " + rule.schema + "." + rule.table + " has gone from the source");
        }
        if (const auto done = check_place(edge_, *checkpoint_, **layout); !done) {
            return done.error();
        }
        staged.push_back(stage_of(identity_, staged.size(), **layout));
        layouts.push_back(std::move(**layout));
    }
    if (const auto done = drop_others(edge_, *checkpoint_, staged); !done) return done.error();
    for (std::size_t i = 0; i < staged.size(); ++i) {
        const auto done = copy_table(*snapshot, spec_.tables[i], layouts[i], staged[i]);
        if (!done) return done.error();
    }
    if (const auto done = swap_in(edge_, *checkpoint_, staged); !done) return done.error();
    const auto done = checkpoint_->finish_copy(edge_, snapshot->position());
    if (!done) return done.error();
    return drop_others(edge_, *checkpoint_, staged);
}

result<void> edge_session::copy_table(source_snapshot& snapshot, const table_rule& rule,
                                      const table_layout& layout, const staged_table& to) {
    std::optional<predicate> rows;
    if (rule.where) {
        auto bound = predicate::bind(*rule.where, layout);
        if (!bound) return bound.error();
        rows = std::move(*bound);
    }
    const auto made = copy_schema(snapshot.connection(), edge_, *checkpoint_, to, rule, layout);
    if (!made) return made.error();
    const auto copied = load_table_layout(edge_, to.schema, to.stage);
    if (!copied) return edge_failure(copied.error(), "reading the copied table's definition");
    if (!*copied) return fail(errc::edge_lost, "edge: the copied table has gone");
    return copy_rows(snapshot, edge_, layout, **copied, rows ? &*rows : nullptr, stop_,
                     [&](std::uint64_t count) {
                         board_.count([&](replicator_status& s) { s.rows_copied += count; });
                     });
}

result<void> edge_session::load_tables() {
    auto tables = std::make_shared<edge_tables>();
    for (const auto& rule : spec_.tables) {
        auto at_source = load_table_layout(*source_, rule.schema, rule.table);
        if (!at_source) return source_lost(at_source.error());
        if (!*at_source) {
            return fail(errc::source_unfit,
                        "table " + rule.schema + "." + rule.table + " has gone from the source");
        }
        auto at_edge = load_table_layout(edge_, rule.schema, rule.table);
        if (!at_edge) return edge_failure(at_edge.error(), "reading table definitions");
        if (!*at_edge) {
            return fail(errc::history_differs,
                        "table " + rule.schema + "." + rule.table + " has gone from the edge");
        }
        edge_table table{.schema = (*at_source)->schema, .table = (*at_source)->table};
        if (rule.where) {
            auto bound = predicate::bind(*rule.where, **at_source);
            if (!bound) return bound.error();
            table.rows = std::move(*bound);
        }
        table.layout = std::move(**at_edge);
        tables->push_back(std::move(table));
        source_layouts_.push_back(std::move(**at_source));
    }
    tables_ = std::move(tables);
    return {};
}

result<void> edge_session::refresh_coverage() {
    for (std::size_t i = 0; i < tables_->size(); ++i) {
        auto now = load_table_layout(*source_, (*tables_)[i].schema, (*tables_)[i].table);
        if (!now) return source_lost(now.error());
        if (*now) source_layouts_[i] = std::move(**now);
    }
    const auto names = load_names(*source_);
    if (!names) return names.error();
    holds_ = std::make_shared<const router::coverage>(
        build_coverage(spec_, *tables_, source_layouts_, *names));
    return {};
}

failure edge_session::follow() {
    transaction_queue queue(spec_.queue_bytes_max);
    const chunk_limits limits{spec_.chunk_transactions_max, spec_.chunk_bytes_max};
    saved_at_ = std::chrono::steady_clock::now();
    const source_stream stream({.source = spec_.source,
                                .identity = identity_,
                                .executed = checkpoint_->applied(),
                                .heartbeat = spec_.heartbeat},
                               tables_, queue, stop_);
    for (;;) {
        auto next = queue.take(limits, unsaved_.empty() ? idle_wait : time_to_save());
        if (stop_.requested()) return fail(errc::stop_requested, "");
        if (!next) return next.error();
        board_.count([&](replicator_status& status) { status.queue_bytes = queue.bytes(); });
        if (*next) {
            if (const auto done = take(std::move(**next)); !done) return done.error();
        } else if (const auto alive = edge_.execute("DO 0"); !alive) {
            return edge_failure(alive.error(), "idle");
        }
        if (!unsaved_.empty() && time_to_save().count() == 0) {
            if (const auto done = save_position(); !done) return done.error();
        }
    }
}

std::chrono::milliseconds edge_session::time_to_save() const {
    const auto left = saved_at_ + save_period - std::chrono::steady_clock::now();
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(left),
                    std::chrono::milliseconds(0));
}

result<void> edge_session::take(chunk next) {
    if (!has_streamed_) {
        has_streamed_ = true;
        board_.enter(router::edge_state::streaming);
    }
    const bool has_rows = std::any_of(next.begin(), next.end(), [](const auto& transaction) {
        return !transaction.rows.empty();
    });
    for (const auto& transaction : next) {
        if (const auto done = heed_statement(transaction); !done) return done.error();
    }
    if (has_rows) {
        if (const auto done = write(next); !done) return done.error();
    } else {
        for (const auto& transaction : next) unsaved_ += transaction.ids;
    }
    show(next);
    return {};
}

// What a statement brought must be known before its transaction counts as applied: a session that
// has seen the statement may then read here.
result<void> edge_session::heed_statement(const source_transaction& transaction) {
    if (transaction.effect == statement_effect::none) return {};
    if (transaction.effect == statement_effect::tables) {
        return fail(errc::table_changed, "a statement in source transaction " +
                                             transaction.ids.to_string() +
                                             " may have changed a table of this edge");
    }
    // The event comes before the source shows its effect.
    const std::string wait = "SELECT WAIT_FOR_EXECUTED_GTID_SET('" + transaction.ids.to_string() +
                             "', " + std::to_string(visible_wait_seconds) + ")";
    auto waited = source_->value(wait);
    if (!waited && waited.error().connection_lost()) {
        if (const auto done = reconnect_source(); !done) return done.error();
        waited = source_->value(wait);
    }
    if (!waited) return source_lost(waited.error());
    if (waited->value_or("1") != "0") {
        return fail(errc::source_lost,
                    "the source does not show its transaction " + transaction.ids.to_string());
    }
    return refresh_coverage();
}

result<void> edge_session::write(const chunk& next) {
    protocol::gtid_set more = unsaved_;
    for (const auto& transaction : next) more += transaction.ids;
    const auto rows = applier_->apply(next, checkpoint_->advance_sql(more));
    if (!rows) return rows.error();
    checkpoint_->advanced(more);
    unsaved_ = {};
    saved_at_ = std::chrono::steady_clock::now();
    board_.count([&](replicator_status& status) {
        ++status.chunks;
        status.rows_applied += *rows;
    });
    return {};
}

result<void> edge_session::save_position() {
    const auto done = applier_->apply({}, checkpoint_->advance_sql(unsaved_));
    if (!done) return done.error();
    checkpoint_->advanced(unsaved_);
    unsaved_ = {};
    saved_at_ = std::chrono::steady_clock::now();
    return {};
}

void edge_session::show(const chunk& next) {
    std::uint64_t with_rows = 0;
    std::uint64_t without = 0;
    for (const auto& transaction : next) {
        visible_ += transaction.ids;
        (transaction.rows.empty() ? without : with_rows) += transaction.count;
    }
    if (with_rows + without == 0) return;
    if (next.back().committed_at != 0) board_.set_lag(since(next.back().committed_at));
    board_.count([&](replicator_status& status) {
        status.transactions_applied += with_rows;
        status.transactions_empty += without;
        status.received = visible_;
    });
    board_.publish(holds_, visible_);
}

}  // namespace replicator
