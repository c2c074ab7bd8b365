#include "replicator/transaction_assembler.hpp"

#include <catch2/catch.hpp>

#include "tests/replicator/event_bytes.hpp"

using namespace edges;
using replicator::errc;
using replicator::source_transaction;
using replicator::statement_effect;

namespace {

std::shared_ptr<const replicator::edge_tables> kept() {
    replicator::edge_tables tables;
    tables.push_back({.schema = "shop", .table = "kept"});
    return std::make_shared<const replicator::edge_tables>(std::move(tables));
}

const std::string source = "00010203-0405-0607-0809-0a0b0c0d0e0f";

// What a stream of events becomes: its transactions, and the error that ended it.
struct outcome {
    std::vector<source_transaction> transactions{};
    std::optional<replicator::failure> error{};
};

outcome assemble(const std::vector<event>& events, std::size_t bytes_max = 1'000'000) {
    replicator::transaction_assembler assembler(kept(), bytes_max);
    outcome all;
    for (const auto& one : events) {
        auto taken = assembler.take(one.view());
        if (!taken) {
            all.error = taken.error();
            break;
        }
        if (*taken) all.transactions.push_back(std::move(**taken));
    }
    return all;
}

errc error_of(const std::vector<event>& events, std::size_t bytes_max = 1'000'000) {
    const auto all = assemble(events, bytes_max);
    REQUIRE(all.error);
    return all.error->code;
}

const event kept_map = table_map(1, "shop", "kept", {"id", "v"});
const event other_map = table_map(2, "shop", "other", {"id"});

}  // namespace

TEST_CASE("A transaction has the rows of kept tables only, and ends with its XID", "[assembler]") {
    const auto all = assemble({gtid(5), query("BEGIN"), kept_map, other_map, write_rows(2, {{1}}),
                               write_rows(1, {{1, 2}}), kept_map, delete_rows(1, {{3, 4}}), xid()});
    REQUIRE_FALSE(all.error);
    REQUIRE(all.transactions.size() == 1);
    const auto& transaction = all.transactions.front();
    CHECK(transaction.ids.to_string() == source + ":5");
    CHECK(transaction.committed_at == 1'700'000'000'000'005);
    CHECK(transaction.rows.size() == 2);
    CHECK(transaction.rows[0].map == transaction.rows[1].map);  // decoded once
    CHECK(transaction.rows[0].map->columns[1].name == "v");
}

TEST_CASE("A transaction without kept rows is empty, and still counts", "[assembler]") {
    const auto all = assemble({gtid(1), query("BEGIN"), other_map, write_rows(2, {{1}}), xid(),
                               gtid(2), query("BEGIN"), query("COMMIT")});
    REQUIRE(all.transactions.size() == 2);
    CHECK(all.transactions[0].empty());
    CHECK(all.transactions[1].empty());
}

TEST_CASE("A compressed transaction is taken apart like any", "[assembler]") {
    const auto all =
        assemble({gtid(1), payload({query("BEGIN"), kept_map, write_rows(1, {{1, 2}}), xid()}),
                  gtid(2), query("BEGIN"), xid()});
    REQUIRE_FALSE(all.error);
    REQUIRE(all.transactions.size() == 2);
    CHECK(all.transactions[0].rows.size() == 1);
}

TEST_CASE("A compressed transaction that does not end, or goes on, is broken", "[assembler]") {
    CHECK(error_of({gtid(1), payload({query("BEGIN"), kept_map})}) == errc::stream_broken);
    CHECK(error_of({gtid(1), payload({query("BEGIN"), xid(), kept_map})}) == errc::stream_broken);
    CHECK(error_of({gtid(1), payload({payload({query("BEGIN")})})}) == errc::stream_broken);
}

TEST_CASE("What was rolled back to a savepoint is left out", "[assembler]") {
    const auto all = assemble(
        {gtid(1), query("BEGIN"), kept_map, write_rows(1, {{1, 1}}), query("SAVEPOINT `a`"),
         kept_map, write_rows(1, {{2, 2}}), query("SAVEPOINT b"), kept_map, write_rows(1, {{3, 3}}),
         query("ROLLBACK TO `a`"), kept_map, write_rows(1, {{4, 4}}), query("COMMIT")});
    REQUIRE_FALSE(all.error);
    CHECK(all.transactions.at(0).rows.size() == 2);
}

TEST_CASE("DDL tells whether it may change a kept table", "[assembler]") {
    const auto effect = [](const std::string& statement, const std::string& schema = "shop") {
        return assemble({gtid(1), query(statement, schema)}).transactions.at(0).effect;
    };
    CHECK(effect("ALTER TABLE kept ADD c INT") == statement_effect::tables);
    CHECK(effect("ALTER TABLE other ADD c INT") == statement_effect::names);
    CHECK(effect("GRANT SELECT ON kept TO a") == statement_effect::none);
    const auto ctas = assemble({gtid(1), query("BEGIN"),
                                query("CREATE TABLE `kept` (a INT) START "
                                      "TRANSACTION",
                                      "shop"),
                                kept_map, write_rows(1, {{1, 1}}), xid()});
    CHECK(ctas.transactions.at(0).effect == statement_effect::tables);
}

TEST_CASE("XA transactions pass if they hold no kept rows", "[assembler]") {
    const auto all =
        assemble({gtid(1), query("XA START X'61',X'',1"), other_map, write_rows(2, {{1}}),
                  query("XA END X'61',X'',1"), xa_prepare(false, "a"), gtid(2),
                  query("XA COMMIT X'61',X'',1"), gtid(3), query("XA START X'62',X'',1"), kept_map,
                  write_rows(1, {{1, 1}}), query("XA END X'62',X'',1"), xa_prepare(true, "b"),
                  gtid(4), query("XA ROLLBACK X'63',X'',1")});
    REQUIRE_FALSE(all.error);
    REQUIRE(all.transactions.size() == 4);
    CHECK(all.transactions[2].rows.size() == 1);  // in one phase: an ordinary commit

    CHECK(error_of({gtid(1), query("XA START X'61',X'',1"), kept_map, write_rows(1, {{1, 1}}),
                    query("XA END X'61',X'',1"), xa_prepare(false, "a")}) ==
          errc::unsupported_event);
    CHECK(error_of({gtid(1), query("XA COMMIT X'61',X'',1")}) == errc::table_changed);
}

TEST_CASE("Changes that rows do not show stop the stream", "[assembler]") {
    using protocol::event_type;
    const auto inside = [](event one) {
        return error_of({gtid(1), query("BEGIN"), kept_map, std::move(one)});
    };
    CHECK(inside(query("INSERT INTO t VALUES (1)")) == errc::unsupported_event);
    CHECK(inside(query("/* a */ update t set a = 1")) == errc::unsupported_event);
    CHECK(inside(of_type(event_type::intvar)) == errc::unsupported_event);
    CHECK(inside(of_type(event_type::partial_update_rows, {1, 0, 0, 0, 0, 0})) ==
          errc::unsupported_event);
    CHECK(inside(of_type(event_type::write_rows_v1, {1, 0, 0, 0, 0, 0})) ==
          errc::unsupported_event);
    CHECK(inside(of_type(event_type::incident, {1, 0, 0})) == errc::unsupported_event);
    CHECK(inside(of_type(static_cast<event_type>(200))) == errc::unsupported_event);
    CHECK(error_of({gtid(1), query("BEGIN"), table_map(1, "shop", "kept", {"id"}, false)}) ==
          errc::unsupported_event);
    CHECK(error_of({of_type(event_type::anonymous_gtid)}) == errc::source_unfit);
}

TEST_CASE("Partial JSON in tables that are not kept passes", "[assembler]") {
    const auto all =
        assemble({gtid(1), query("BEGIN"), other_map,
                  of_type(protocol::event_type::partial_update_rows, {2, 0, 0, 0, 0, 0}), xid()});
    CHECK_FALSE(all.error);
}

TEST_CASE("An unknown event that may be ignored is", "[assembler]") {
    event strange = of_type(static_cast<protocol::event_type>(200));
    strange.header.flags = protocol::event_flag::ignorable;
    CHECK_FALSE(assemble({strange}).error);
}

TEST_CASE("Events out of their order are a broken stream", "[assembler]") {
    CHECK(error_of({xid()}) == errc::stream_broken);
    CHECK(error_of({kept_map}) == errc::stream_broken);
    CHECK(error_of({query("BEGIN")}) == errc::stream_broken);
    CHECK(error_of({gtid(1), gtid(2)}) == errc::stream_broken);
    CHECK(error_of({gtid(1), query("BEGIN"), write_rows(1, {{1, 1}})}) == errc::stream_broken);
    CHECK(error_of({gtid(1), query("BEGIN"), query("ROLLBACK TO x")}) == errc::stream_broken);
    // A table id means nothing beyond its transaction.
    CHECK(error_of({gtid(1), query("BEGIN"), kept_map, xid(), gtid(2), query("BEGIN"),
                    write_rows(1, {{1, 1}})}) == errc::stream_broken);
}

TEST_CASE("A transaction beyond the limit stops the stream instead of filling memory",
          "[assembler]") {
    CHECK(error_of(
              {gtid(1), query("BEGIN"), kept_map, write_rows(1, {{1, 1}}), write_rows(1, {{2, 2}})},
              30) == errc::unsupported_event);
    CHECK(error_of({gtid(1), payload({query("BEGIN"), kept_map})}, 30) == errc::unsupported_event);
}

TEST_CASE("Events cut short anywhere are errors, never more", "[assembler]") {
    for (const event& whole :
         {gtid(1), query("BEGIN"), kept_map,
          payload({query("BEGIN"), kept_map, write_rows(1, {{1, 2}}), xid()})}) {
        for (std::size_t size = 0; size < whole.body.size(); ++size) {
            event cut = whole;
            cut.body = std::vector<std::uint8_t>(whole.body.data(), whole.body.data() + size);
            const bool is_gtid = whole.header.type == protocol::event_type::gtid;
            const auto all = is_gtid ? assemble({cut}) : assemble({gtid(1), cut});
            if (all.error) CHECK(all.error->code != errc::stop_requested);
        }
    }
}
