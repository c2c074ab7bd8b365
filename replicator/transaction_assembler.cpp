#include "replicator/transaction_assembler.hpp"

#include <algorithm>
#include <array>

#include "protocol/binlog_rows_event.hpp"
#include "protocol/binlog_transaction_payload.hpp"
#include "protocol/bytes.hpp"
#include "replicator/sql_text.hpp"

namespace replicator {
namespace {

using protocol::event_type;

constexpr std::size_t maps_max = 100'000;        // tables named by one transaction
constexpr std::size_t savepoints_max = 100'000;  // open in one transaction
constexpr std::size_t prepared_max = 100'000;    // XA transactions between their two phases

failure broken(const boost::system::error_code& why, const char* what) {
    return fail(errc::stream_broken,
                std::string("the source's stream: ") + what + ": " + why.message());
}

failure out_of_place(const char* what) {
    return fail(errc::stream_broken, std::string("the source's stream: ") + what);
}

// The first words of a statement, enough to know what it is.
std::vector<sql_word> head_of(std::string_view statement) {
    return words_of(statement, 4);
}

bool is_word(const std::vector<sql_word>& words, std::size_t at, std::string_view text) {
    return words.size() > at && !words[at].quoted && words[at].text == text;
}

bool changes_rows(std::string_view verb) {
    constexpr std::array<std::string_view, 9> verbs{
        "call", "delete", "do", "execute", "insert", "load", "replace", "select", "update"};
    return std::find(verbs.begin(), verbs.end(), verb) != verbs.end() || verb == "with";
}

// "X'6162',X'',1": how MySQL names an XA transaction in its statements.
std::string xid_text(const protocol::xa_prepare_event& event) {
    const auto hex = [](protocol::bytes_view bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        std::string text;
        for (const std::uint8_t byte : bytes) {
            text.push_back(digits[byte >> 4]);
            text.push_back(digits[byte & 0x0f]);
        }
        return text;
    };
    return "x'" + hex(event.transaction_id) + "',x'" + hex(event.branch_qualifier) + "'," +
           std::to_string(event.format_id);
}

}  // namespace

transaction_assembler::transaction_assembler(std::shared_ptr<const edge_tables> kept,
                                             std::size_t transaction_bytes_max)
    : kept_(std::move(kept)), bytes_max_(transaction_bytes_max), known_maps_(kept_->size()) {}

failure transaction_assembler::unsupported(const std::string& what) const {
    const std::string id = open_ ? open_->ids.to_string() : "outside any";
    return fail(errc::unsupported_event, "source transaction " + id + " " + what);
}

auto transaction_assembler::take(const protocol::binlog_event_view& event) -> taken {
    const auto nothing = [](const result<void>& done) -> taken {
        if (!done) return done.error();
        return std::optional<source_transaction>{};
    };
    switch (event.header.type) {
        case event_type::gtid:
        case event_type::gtid_tagged:
            return take_gtid(event);
        case event_type::anonymous_gtid:
            return fail(errc::source_unfit,
                        "the source writes transactions without GTIDs: set "
                        "gtid_mode=ON");
        case event_type::query:
            return take_query(event);
        case event_type::xid:
            return commit();
        case event_type::xa_prepare:
            return take_xa_prepare(event);
        case event_type::transaction_payload:
            return take_payload(event);
        case event_type::incident:
            return take_incident(event);
        case event_type::table_map:
            return nothing(take_table_map(event));
        case event_type::write_rows_v1:
        case event_type::update_rows_v1:
        case event_type::delete_rows_v1:
        case event_type::partial_update_rows:
        case event_type::write_rows:
        case event_type::update_rows:
        case event_type::delete_rows:
            return nothing(take_rows(event));
        case event_type::intvar:
        case event_type::rand:
        case event_type::user_var:
        case event_type::begin_load_query:
        case event_type::execute_load_query:
            return unsupported(
                "changes rows by a statement, which an edge cannot repeat exactly: "
                "let the session that wrote it use binlog_format=ROW, and copy anew");
        case event_type::format_description:
        case event_type::rotate:
        case event_type::stop:
        case event_type::previous_gtids:
        case event_type::heartbeat:
        case event_type::heartbeat_v2:
        case event_type::rows_query:
        case event_type::ignorable:
        case event_type::transaction_context:
        case event_type::view_change:
            return nothing({});
        case event_type::unknown:
            break;
    }
    if (!protocol::may_skip(event.header)) {
        return unsupported("has an event of the unknown type " +
                           std::to_string(static_cast<int>(event.header.type)) +
                           ": upgrade Tidegate to a version that knows this source's");
    }
    return nothing({});
}

auto transaction_assembler::take_gtid(const protocol::binlog_event_view& event) -> taken {
    if (open_) return out_of_place("a transaction begins inside another");
    const auto gtid = protocol::decode_gtid_event(event);
    if (!gtid) return broken(gtid.error(), "GTID event");
    open_.emplace();
    open_->ids.add(gtid->id);
    open_->committed_at = gtid->immediate_commit_timestamp;
    begun_ = false;
    return std::optional<source_transaction>{};
}

auto transaction_assembler::take_query(const protocol::binlog_event_view& event) -> taken {
    const auto query = protocol::decode_query(event);
    if (!query) return broken(query.error(), "query event");
    if (!open_) return out_of_place("a statement without a GTID");
    const auto words = head_of(query->text);
    if (is_word(words, 0, "begin")) {
        begun_ = true;
        return std::optional<source_transaction>{};
    }
    if (is_word(words, 0, "xa")) return take_xa(*query);
    if (!begun_) return take_statement(*query);

    if (is_word(words, 0, "commit")) return commit();
    if (is_word(words, 0, "savepoint") && words.size() > 1) {
        if (savepoints_.size() >= savepoints_max) return out_of_place("too many savepoints");
        savepoints_.emplace_back(words[1].text, open_->rows.size());
    } else if (is_word(words, 0, "rollback")) {
        if (words.size() > 2) {
            if (const auto done = roll_back_to(words[2].text); !done) return done.error();
        } else {
            open_->rows.clear();
            return commit();
        }
    } else if (is_word(words, 0, "create") || is_word(words, 0, "drop") ||
               is_word(words, 0, "alter")) {
        // CREATE TABLE … SELECT: the definition, then the rows.  Or temporary tables.
        open_->effect = std::max(open_->effect, effect_of(query->text, query->schema, *kept_));
    } else if (!is_word(words, 0, "release")) {
        return unsupported("changes rows by a statement (" +
                           (words.empty() ? "?" : words.front().text) +
                           "), which an edge cannot repeat exactly: let the session that wrote it "
                           "use binlog_format=ROW, and copy anew");
    }
    return std::optional<source_transaction>{};
}

auto transaction_assembler::take_statement(const protocol::query_event& query) -> taken {
    const auto words = head_of(query.text);
    if (!words.empty() && changes_rows(words.front().text)) {
        return unsupported("changes rows by a statement (" + words.front().text +
                           "), which an edge cannot repeat exactly: let the session that wrote it "
                           "use binlog_format=ROW, and copy anew");
    }
    open_->effect = effect_of(query.text, query.schema, *kept_);
    return commit();
}

auto transaction_assembler::take_xa(const protocol::query_event& query) -> taken {
    const auto words = head_of(query.text);
    if (is_word(words, 1, "start") || is_word(words, 1, "begin")) {
        begun_ = true;
    } else if (is_word(words, 1, "commit") || is_word(words, 1, "rollback")) {
        const std::size_t quote = query.text.find('\'');
        std::string id = quote == std::string_view::npos || quote == 0
                             ? std::string()
                             : lowercase(query.text.substr(quote - 1));
        std::erase(id, ' ');
        const bool known = prepared_.erase(id) > 0;
        if (is_word(words, 1, "commit") && !known) {
            return fail(errc::table_changed,
                        "an XA transaction commits that was prepared before this stream began, so "
                        "its rows were not seen");
        }
        return commit();
    }
    return std::optional<source_transaction>{};
}

auto transaction_assembler::take_xa_prepare(const protocol::binlog_event_view& event) -> taken {
    const auto prepare = protocol::decode_xa_prepare(event);
    if (!prepare) return broken(prepare.error(), "XA prepare event");
    if (prepare->one_phase) return commit();
    if (open_ && !open_->rows.empty()) {
        return unsupported(
            "prepares an XA transaction over a table that the edge holds, which is "
            "not supported: leave " +
            (*kept_)[open_->rows.front().table].schema + "." +
            (*kept_)[open_->rows.front().table].table + " to the primary");
    }
    if (prepared_.size() >= prepared_max) return out_of_place("too many prepared XA transactions");
    prepared_.insert(xid_text(*prepare));
    return commit();
}

auto transaction_assembler::take_payload(const protocol::binlog_event_view& event) -> taken {
    if (in_payload_) return out_of_place("a compressed transaction inside another");
    const auto payload = protocol::decode_transaction_payload(event);
    if (!payload) return broken(payload.error(), "compressed transaction");
    const auto inside = protocol::decompress(*payload, bytes_max_);
    if (!inside) {
        if (inside.error() == protocol::errc::limit_exceeded) {
            return unsupported(
                "is larger than " + std::to_string(bytes_max_) +
                " bytes when unpacked: write less in one transaction, and copy anew");
        }
        return broken(inside.error(), "compressed transaction");
    }
    in_payload_ = true;
    protocol::bytes_view rest = *inside;
    taken ended = std::optional<source_transaction>{};
    while (!rest.empty() && ended && !*ended) {
        const auto inner = protocol::take_event(rest, protocol::checksum_algorithm::none);
        ended = inner ? take(*inner) : taken(broken(inner.error(), "compressed transaction"));
    }
    in_payload_ = false;
    if (ended && (!*ended || !rest.empty())) {
        return out_of_place("a compressed transaction does not end where it should");
    }
    return ended;
}

auto transaction_assembler::take_incident(const protocol::binlog_event_view& event) -> taken {
    const auto incident = protocol::decode_incident(event);
    const std::string text = incident ? std::string(incident->message) : std::string();
    return unsupported("is an incident: the source lost events (" + text + "); copy anew");
}

std::optional<std::size_t> transaction_assembler::find_kept(std::string_view schema,
                                                            std::string_view table) const {
    for (std::size_t i = 0; i < kept_->size(); ++i) {
        if ((*kept_)[i].schema == schema && (*kept_)[i].table == table) return i;
    }
    return std::nullopt;
}

result<std::shared_ptr<const protocol::table_map>> transaction_assembler::map_of(
    std::size_t table, const protocol::binlog_event_view& event) {
    known_map& known = known_maps_[table];
    if (known.map &&
        std::equal(known.body.begin(), known.body.end(), event.body.begin(), event.body.end())) {
        return known.map;
    }
    auto decoded = protocol::decode_table_map(event);
    if (!decoded) return broken(decoded.error(), "table map event");
    if (!decoded->has_names) {
        return unsupported("changes " + decoded->schema + "." + decoded->table +
                           " and was logged without column names: SET PERSIST "
                           "binlog_row_metadata=FULL on the source, and copy anew");
    }
    known.map = std::make_shared<const protocol::table_map>(std::move(*decoded));
    known.body.assign(event.body.begin(), event.body.end());
    return known.map;
}

result<void> transaction_assembler::take_table_map(const protocol::binlog_event_view& event) {
    if (!open_) return out_of_place("a table map without a GTID");
    const auto head = protocol::decode_table_map_head(event);
    if (!head) return broken(head.error(), "table map event");
    if (maps_.size() >= maps_max) return out_of_place("too many tables in a transaction");
    const auto table = find_kept(head->schema, head->table);
    if (!table) {
        maps_[head->table_id] = std::nullopt;
        return {};
    }
    const auto map = map_of(*table, event);
    if (!map) return map.error();
    maps_[head->table_id] = kept_map{*table, *map};
    return {};
}

result<void> transaction_assembler::take_rows(const protocol::binlog_event_view& event) {
    if (!open_) return out_of_place("rows without a GTID");
    const auto known = maps_.find(protocol::cursor(event.body).u48());
    if (known == maps_.end()) return out_of_place("rows of a table that was not announced");
    if (!known->second) return {};
    const kept_map& kept = *known->second;
    if (event.header.type == event_type::partial_update_rows) {
        return unsupported("holds a partial JSON update of " + kept.map->schema + "." +
                           kept.map->table +
                           ", which is not supported: SET PERSIST binlog_row_value_options='' on "
                           "the source and in its sessions, and copy anew");
    }
    if (event.header.type < event_type::write_rows) {
        return unsupported("holds row events of MySQL 5.5: upgrade the source");
    }
    open_->bytes += event.body.size();
    if (open_->bytes > bytes_max_) {
        return unsupported("holds more than " + std::to_string(bytes_max_) +
                           " bytes of rows for this edge: write less in one transaction, and copy "
                           "anew");
    }
    open_->rows.push_back({.table = kept.table,
                           .map = kept.map,
                           .header = event.header,
                           .body = {event.body.begin(), event.body.end()}});
    return {};
}

// Changes to non-transactional tables keep what was rolled back in the binlog, marked by this.
result<void> transaction_assembler::roll_back_to(const std::string& savepoint) {
    const auto found =
        std::find_if(savepoints_.rbegin(), savepoints_.rend(),
                     [&](const auto& candidate) { return candidate.first == savepoint; });
    if (found == savepoints_.rend()) return out_of_place("a rollback to an unknown savepoint");
    open_->rows.resize(found->second);
    return {};
}

auto transaction_assembler::commit() -> taken {
    if (!open_) return out_of_place("a commit without a GTID");
    maps_.clear();
    savepoints_.clear();
    return std::exchange(open_, std::nullopt);
}

}  // namespace replicator
