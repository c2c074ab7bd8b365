#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pool/backend_connection.hpp"
#include "protocol/compression.hpp"
#include "protocol/secret.hpp"
#include "proxy/network.hpp"
#include "replicator/edge_spec.hpp"
#include "router/decide.hpp"

namespace proxy {

struct listen_address {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  // 0: not listened on
    friend bool operator==(const listen_address&, const listen_address&) = default;
};

enum class tls_mode { disabled, preferred, required };

/// TLS towards clients.
struct tls_config {
    tls_mode mode = tls_mode::disabled;
    std::filesystem::path certificate{};      // PEM, with its chain
    std::filesystem::path key{};              // PEM
    std::filesystem::path client_ca_file{};   // PEM; empty: clients are not asked for a certificate
    bool require_client_certificate = false;  // of every client that uses TLS
};

/// TLS towards a server.
struct server_tls_config {
    pool::server_tls mode = pool::server_tls::disabled;
    std::filesystem::path ca_file{};           // PEM; with verify-ca and verify-identity
    std::filesystem::path certificate_file{};  // PEM, Tidegate's own; empty: none
    std::filesystem::path key_file{};          // PEM
};

/// A MySQL server that sessions are served by.
struct server_config {
    std::string name;
    std::string host = "127.0.0.1";
    std::uint16_t port = 3306;
    std::size_t connections_max = 100;  // of the whole process, all users together
    std::size_t connections_warm = 1;   // likewise: of those, kept open
    server_tls_config tls{};
    protocol::compression_algorithm compression = protocol::compression_algorithm::none;
    bool proxy_protocol = false;  // a PROXY header begins each connection
};

/// An application account.  Clients log in with it, and Tidegate logs in to the servers with it.
struct user_config {
    std::string name;
    protocol::secret password{};  // from `password`, `password_env` or `password_file`
    std::optional<protocol::secret> other_password{};  // the second of `passwords`
    /// In place of a password: the stored form of it, which is in mysql.user.  Then clients prove
    /// themselves with the password itself, with which Tidegate logs in to the servers.
    std::string verifier{};
    std::string default_schema{};
    router::consistency level = router::consistency::session;
    std::size_t connections_max = 0;  // to each server, of the whole process; 0: the server's own
    bool local_infile = true;         // LOAD DATA LOCAL, where the server allows it
    bool binlog_dump = false;         // may read the primary's binlog, as a replica does
};

/// An edge: where reads may go, and how the copy is kept.
struct edge_config {
    server_config server{};
    replicator::edge_spec replication{};
};

struct limits_config {
    std::size_t clients_max = 10'000;
    std::chrono::milliseconds connect_timeout{5'000};   // to a backend, login included
    std::chrono::milliseconds silence_timeout{60'000};  // of the primary; 0: it may be silent
    std::chrono::milliseconds login_timeout{10'000};    // of a client
    std::size_t connections_max = 0;  // to all servers together; 0: as many as they may have
    std::chrono::milliseconds queue_timeout{10'000};          // waiting for a backend connection
    std::size_t queue_max = 10'000;                           // sessions that wait for one server
    std::chrono::milliseconds answer_age_max{5'000};          // of learned answers; 0: none
    std::size_t read_retries_max = 2;                         // of a read that lost its connection
    std::chrono::milliseconds read_retry_time{5'000};         // from the first loss on
    std::chrono::milliseconds connection_max_age{3'600'000};  // of a backend connection
    std::chrono::milliseconds connection_idle_max{600'000};   // likewise
    std::chrono::milliseconds client_idle_timeout{28'800'000};
    std::chrono::milliseconds shutdown_timeout{10'000};  // for statements and transactions to end
    std::size_t packet_bytes_max = 64 * 1024 * 1024;     // of one command from a client
    std::size_t memory = 0;                         // for all clients; 0: half of what there is
    std::size_t convoy_max = 16;                    // 1: no convoys
    std::chrono::milliseconds convoy_wait{20};      // for the statements before one's own
    std::size_t prepared_per_connection_max = 200;  // backend statements, then least used goes
    std::size_t prepared_per_session_max = 16'000;
    friend bool operator==(const limits_config&, const limits_config&) = default;
};

struct routing_config {
    std::chrono::milliseconds wait{50};  // for a copy that is a little behind, then the primary
    friend bool operator==(const routing_config&, const routing_config&) = default;
};

struct log_config {
    std::string level = "info";   // trace, debug, info, warn, error
    std::string format = "text";  // text or json
    friend bool operator==(const log_config&, const log_config&) = default;
};

/// How the kernel schedules the workers' threads: batch never takes the CPU from another program
/// that runs on it (sched(7), SCHED_BATCH).
enum class thread_scheduling : std::uint8_t { normal, batch };

/// The whole of tidegate.yaml, validated.  Immutable once built; sessions share it.
struct config {
    listen_address mysql{"127.0.0.1", 6033};
    listen_address http{"127.0.0.1", 6070};
    std::vector<network> proxy_protocol_from{};  // whoever connects from there sends a header first
    std::size_t threads = 0;                     // 0: one per core
    thread_scheduling scheduling = thread_scheduling::normal;
    tls_config tls{};
    std::string server_version{};  // told to clients; empty: the primary's own
    server_config primary{};
    std::vector<user_config> users{};
    std::vector<edge_config> edges{};
    routing_config routing{};
    limits_config limits{};
    log_config log{};
    std::vector<std::string> warnings{};  // for a person, at start; the configuration is valid
};

}  // namespace proxy
