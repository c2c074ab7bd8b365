#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace replicator {

/// Where a MySQL server is and how to log in there.
struct server_address {
    std::string host = "127.0.0.1";
    std::uint16_t port = 3306;
    std::string user{};
    std::string password{};  // never logged
};

/// Rows to keep: those whose `column` equals one of `values`.  One column, its own type's equality.
struct row_predicate {
    std::string column;
    std::vector<std::string> values;  // text forms: 42, 2026-01-31, abc
};

/// One source table and how much of it the edge holds.
struct table_rule {
    std::string schema;
    std::string table;
    std::vector<std::string> include_columns{};  // empty: all but exclude_columns
    std::vector<std::string> exclude_columns{};
    std::optional<row_predicate> where{};
};

/// One edge: a filtered copy of `source` kept in `edge`.
struct edge_spec {
    std::string name;         // also names the checkpoint: unique per edge server
    server_address source{};  // REPLICATION SLAVE, REPLICATION CLIENT, SELECT, RELOAD
    server_address edge{};    // ALL on the schemas kept and on `bookkeeping_schema`
    std::vector<table_rule> tables{};
    std::string bookkeeping_schema = "tidegate";

    std::uint32_t server_id = 0;               // as a replica of the source; 0: derived from `name`
    std::size_t chunk_transactions_max = 256;  // merged into one edge transaction when behind
    std::size_t chunk_bytes_max = 4 * 1024 * 1024;   // of row events in one chunk
    std::size_t queue_bytes_max = 64 * 1024 * 1024;  // between stream and applier
    std::chrono::milliseconds heartbeat{1000};
    std::chrono::milliseconds reconnect_delay_min{100};
    std::chrono::milliseconds reconnect_delay_max{10'000};
};

}  // namespace replicator
