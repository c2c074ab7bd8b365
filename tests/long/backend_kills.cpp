// Server connections are killed at random while clients write through Tidegate, and now and then
// the server itself (SIGKILL).  No write that was acknowledged is lost, none is done twice, no
// transaction is done by halves.
//
// Every client keeps a log: which of its writes were acknowledged, and of which it cannot know.
// Afterwards the tables are compared with the logs.  A write done twice shows as a second row (the
// ledger has no unique key over what the clients write), as a duplicate key that nobody else can
// have written, or as a transaction in the server's GTIDs that left no trace in the tables.
//
// TIDEGATE_SECONDS: how long; 120 if not set.  TIDEGATE_SEED: repeats the clients' and the killer's
// random choices, not the timing.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/integration/cluster.hpp"
#include "tests/long/bars.hpp"
#include "tests/support/wait_until.hpp"

using namespace long_test;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

constexpr int writers = 12;
constexpr int readers = 4;
constexpr int server_connections = 6;  // fewer than clients, so that connections change hands
constexpr unsigned kill_pause_ms_max = 40;
constexpr auto server_kill_pause = 12s;  // at most one in so long, and one at the beginning
constexpr auto recovery_max = 60s;

const char* const schema =
    "CREATE DATABASE kills;"
    // One row for every write that was done, however often.
    "CREATE TABLE kills.ledger (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, client INT NOT NULL,"
    " n INT NOT NULL, part INT NOT NULL, KEY (client, n));"
    "CREATE TABLE kills.uniques (client INT NOT NULL, n INT NOT NULL, PRIMARY KEY (client, n));"
    "CREATE TABLE kills.counters (client INT NOT NULL PRIMARY KEY, n INT NOT NULL);"
    "INSERT INTO kills.counters WITH RECURSIVE i (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM i"
    " WHERE i < 99) SELECT i, 0 FROM i";

/// What a client tried as its n-th transaction.
enum class kind : int { ledger_row, unique_row, count, both_parts, prepared_row };
constexpr int kinds = 5;

struct entry {
    kind what;
    bool acknowledged;
};

struct tally {
    std::atomic<long> acknowledged{0};
    std::atomic<long> unknown{0};
    std::atomic<long> duplicates{0};  // keys that nobody but their client can have written
    std::atomic<long> reads{0};
    std::atomic<long> reads_failed{0};
    std::atomic<long> reads_failed_while_up{0};  // only connections were being killed
    std::atomic<long> wrong_reads{0};
    std::atomic<bool> server_is_up{true};
};

/// A session that is made again whenever it is lost.
class persistent_session {
public:
    explicit persistent_session(integration::cluster& servers) : servers_(&servers) {}

    /// Nothing if there is no connection to be had now.
    support::mysql_connection* get() {
        if (session_) return &*session_;
        try {
            session_.emplace(servers_->connect("kills"));
        } catch (const support::server_error&) {
            std::this_thread::sleep_for(5ms);  // not to be right, but to leave others the machine
            return nullptr;
        }
        return &*session_;
    }

    /// After an error.  A session that lives is back outside any transaction.
    void recover() {
        if (!session_) return;
        try {
            session_->query("ROLLBACK");
        } catch (const support::server_error&) {
            session_.reset();
        }
    }

private:
    integration::cluster* servers_;
    std::optional<support::mysql_connection> session_;
};

class writer {
public:
    writer(integration::cluster& servers, int id, unsigned seed, tally& seen)
        : session_(servers), id_(id), random_(seed), seen_(&seen) {}

    void run(const std::atomic<bool>& stop) {
        while (!stop) {
            support::mysql_connection* const session = session_.get();
            if (session == nullptr) continue;
            const auto what = static_cast<kind>(random_() % kinds);
            bool acknowledged = false;
            try {
                write(*session, what, static_cast<int>(log_.size()));
                acknowledged = true;
            } catch (const support::server_error& error) {
                constexpr unsigned duplicate_key = 1062;
                if (error.number() == duplicate_key) ++seen_->duplicates;
                last_error_ = error.what();
                session_.recover();
            }
            log_.push_back({what, acknowledged});
            ++(acknowledged ? seen_->acknowledged : seen_->unknown);
        }
    }

    int id() const noexcept { return id_; }
    const std::vector<entry>& log() const noexcept { return log_; }
    const std::string& last_error() const noexcept { return last_error_; }

private:
    void write(support::mysql_connection& session, kind what, int n) {
        const std::string mine = std::to_string(id_) + ", " + std::to_string(n);
        const std::string into_ledger =
            "INSERT INTO ledger (client, n, part) VALUES (" + mine + ", ";
        switch (what) {
            case kind::ledger_row:
                session.query(into_ledger + "1)");
                break;
            case kind::unique_row:
                session.query("INSERT INTO uniques VALUES (" + mine + ")");
                break;
            case kind::count:
                session.query("UPDATE counters SET n = n + 1 WHERE client = " +
                              std::to_string(id_));
                break;
            case kind::both_parts:
                session.query("BEGIN");
                session.query(into_ledger + "1)");
                session.query(into_ledger + "2)");
                session.query("COMMIT");
                break;
            case kind::prepared_row:
                execute(session, n);
                break;
        }
    }

    void execute(support::mysql_connection& session, int n) {
        struct closer {
            void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
        };
        static constexpr std::string_view sql =
            "INSERT INTO ledger (client, n, part) VALUES (?, ?, 1)";
        const std::unique_ptr<MYSQL_STMT, closer> statement(mysql_stmt_init(session.handle()));
        int client = id_;
        MYSQL_BIND values[2]{};
        values[0].buffer_type = values[1].buffer_type = MYSQL_TYPE_LONG;
        values[0].buffer = &client;
        values[1].buffer = &n;
        if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0 ||
            mysql_stmt_bind_param(statement.get(), values) != 0 ||
            mysql_stmt_execute(statement.get()) != 0)
            throw support::server_error(mysql_stmt_errno(statement.get()),
                                        mysql_stmt_error(statement.get()));
    }

    persistent_session session_;
    int id_;
    std::mt19937 random_;
    tally* seen_;
    std::vector<entry> log_;
    std::string last_error_;
};

/// Reads what must be there, whatever happens: an answer is right or it is an error.
void read(integration::cluster& servers, unsigned seed, const std::atomic<bool>& stop,
          tally& seen) {
    std::mt19937 random(seed);
    persistent_session sessions(servers);
    while (!stop) {
        support::mysql_connection* const session = sessions.get();
        if (session == nullptr) continue;
        const std::string key = std::to_string(random() % 100);
        try {
            const std::string answer =
                session->value("SELECT client FROM counters WHERE client = " + key);
            if (answer != key) ++seen.wrong_reads;
            ++seen.reads;
        } catch (const support::server_error&) {
            ++seen.reads_failed;
            if (seen.server_is_up) ++seen.reads_failed_while_up;
            sessions.recover();
        } catch (const std::runtime_error&) {  // an answer without the row
            ++seen.wrong_reads;
        }
    }
}

/// Kills one of the application's server connections, as an administrator would.  False if there
/// was none, or it was gone already.
bool kill_a_connection(integration::cluster& servers, std::mt19937& random) {
    try {
        const support::rows ids = servers.primary().query(
            "SELECT id FROM information_schema.processlist WHERE user = 'app'");
        if (ids.empty()) return false;
        servers.primary().query("KILL CONNECTION " + *ids[random() % ids.size()].front());
        return true;
    } catch (const support::server_error&) {
        return false;
    }
}

struct verdict {
    long lost = 0;          // acknowledged, and not there
    long doubled = 0;       // there more than once
    long halves = 0;        // transactions of which a part is there
    long strangers = 0;     // there, and nobody wrote them
    long transactions = 0;  // found in the tables
};

/// Compares the tables with what the clients know.
verdict compare(support::mysql_server& primary, const std::vector<std::unique_ptr<writer>>& all) {
    verdict found;
    std::map<std::pair<int, int>, std::vector<int>> ledger;  // parts by client and n
    for (const support::row& row : primary.query("SELECT client, n, part FROM kills.ledger"))
        ledger[{std::stoi(*row[0]), std::stoi(*row[1])}].push_back(std::stoi(*row[2]));
    std::map<std::pair<int, int>, int> uniques;
    for (const support::row& row : primary.query("SELECT client, n FROM kills.uniques"))
        ++uniques[{std::stoi(*row[0]), std::stoi(*row[1])}];

    for (const auto& client : all) {
        long counts_least = 0, counts_most = 0;
        for (int n = 0; n < static_cast<int>(client->log().size()); ++n) {
            const entry& tried = client->log()[static_cast<std::size_t>(n)];
            const std::pair key(client->id(), n);
            std::size_t there = 0;
            if (tried.what == kind::count) {
                counts_least += tried.acknowledged ? 1 : 0;
                ++counts_most;
                continue;
            }
            if (tried.what == kind::unique_row) {
                there = uniques.erase(key);
            } else if (const auto rows = ledger.extract(key); !rows.empty()) {
                const std::vector<int>& parts = rows.mapped();
                const auto first = std::count(parts.begin(), parts.end(), 1);
                const auto second = std::count(parts.begin(), parts.end(), 2);
                there = static_cast<std::size_t>(std::max(first, second));
                if (tried.what == kind::both_parts && first != second) ++found.halves;
            }
            found.transactions += there > 0 ? 1 : 0;
            if (tried.acknowledged && there == 0) ++found.lost;
            if (there > 1) ++found.doubled;
        }
        const long counted = std::stol(primary.value(
            "SELECT n FROM kills.counters WHERE client = " + std::to_string(client->id())));
        found.transactions += counted;
        found.lost += std::max(0L, counts_least - counted);
        found.doubled += std::max(0L, counted - counts_most);
    }
    found.strangers = static_cast<long>(ledger.size() + uniques.size());
    return found;
}

// Of all transactions that a server with one UUID has executed, their number.
long transactions(support::mysql_server& primary) {
    const std::string set = primary.gtid_executed();
    const std::size_t last = set.find_last_of(":-");
    if (set.find(',') != std::string::npos || set.find(":1-") == std::string::npos)
        throw std::runtime_error("the server's GTIDs are not one run: " + set);
    return std::stol(set.substr(last + 1));
}

int test() {
    const auto whole = std::chrono::seconds(setting("TIDEGATE_SECONDS", 120));
    const auto seed = static_cast<unsigned>(
        setting("TIDEGATE_SEED", 1 + static_cast<int>(std::random_device{}() % 1'000'000)));
    progress("seed " + std::to_string(seed));
    integration::cluster servers(
        {.schema = schema,
         .primary_connections_max = server_connections,
         // A killed server keeps what it has acknowledged.
         .primary_arguments = {"--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1"}});
    const long transactions_before = transactions(servers.primary());

    tally seen;
    std::atomic<bool> stop = false;
    std::vector<std::unique_ptr<writer>> all;
    for (int id = 0; id < writers; ++id)
        all.push_back(
            std::make_unique<writer>(servers, id, seed + static_cast<unsigned>(id), seen));
    long killed = 0, restarts = 0;
    {
        std::vector<std::jthread> threads;
        for (const auto& client : all) threads.emplace_back([&] { client->run(stop); });
        for (unsigned i = 0; i < readers; ++i)
            threads.emplace_back([&, i] { read(servers, seed + 1000 + i, stop, seen); });

        // On this thread, since a server dies with the thread that started it.
        std::mt19937 random(seed);
        const auto begin = clock_type::now();
        auto next_restart = begin + std::min<clock_type::duration>(whole / 3, server_kill_pause);
        const auto kill_until = [&](clock_type::time_point end) {
            while (clock_type::now() < end) {
                killed += kill_a_connection(servers, random) ? 1 : 0;
                std::this_thread::sleep_for(
                    std::chrono::milliseconds(random() % kill_pause_ms_max));
            }
        };
        try {
            while (clock_type::now() < begin + whole) {
                kill_until(std::min(next_restart, begin + whole));
                if (clock_type::now() < next_restart) break;
                seen.server_is_up = false;
                servers.primary().kill();
                servers.primary().start();
                ++restarts;
                // From now on writes succeed again, or the rest of the test proves nothing.
                const long acknowledged = seen.acknowledged;
                if (!support::wait_until(recovery_max,
                                         [&] { return seen.acknowledged > acknowledged; }))
                    throw std::runtime_error("no write succeeds after the server's restart");
                seen.server_is_up = true;
                next_restart = clock_type::now() + server_kill_pause;
            }
        } catch (...) {
            stop = true;  // or the clients would go on for ever
            throw;
        }
        stop = true;
    }

    const verdict found = compare(servers.primary(), all);
    const long executed = transactions(servers.primary()) - transactions_before;
    progress(std::to_string(seen.acknowledged) + " writes acknowledged, " +
             std::to_string(seen.unknown) + " of unknown end, " + std::to_string(seen.reads) +
             " reads, " + std::to_string(seen.reads_failed) + " failed (" +
             std::to_string(seen.reads_failed_while_up) + " while the server was up); " +
             std::to_string(killed) + " connections and " + std::to_string(restarts) +
             " servers killed; " + std::to_string(executed) + " GTIDs");
    for (const auto& client : all)
        if (!client->last_error().empty()) {
            progress("one of the errors: " + client->last_error());
            break;
        }

    bars result;
    result.at_least("backend_kills_connections", static_cast<double>(killed),
                    static_cast<double>(whole.count()));
    result.at_least("backend_kills_servers", static_cast<double>(restarts), 1);
    result.at_least("backend_kills_acknowledged", static_cast<double>(seen.acknowledged.load()),
                    static_cast<double>(whole.count()) * 20);
    result.equal("backend_kills_lost", static_cast<double>(found.lost), 0);
    result.equal("backend_kills_doubled", static_cast<double>(found.doubled + seen.duplicates), 0);
    result.equal("backend_kills_halves", static_cast<double>(found.halves), 0);
    result.equal("backend_kills_unexplained",
                 static_cast<double>(found.strangers + std::abs(executed - found.transactions)), 0);
    result.equal("backend_kills_wrong_reads", static_cast<double>(seen.wrong_reads.load()), 0);
    return result.print();
}

}  // namespace

int main() {
    return run(&test);
}
