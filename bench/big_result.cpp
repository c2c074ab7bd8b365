// A result of 1 GB to a client that takes it slowly: how much Tidegate's resident memory grows.
//
// The client first takes nothing for a while, until everything between it and the server is full,
// then a row of 100 KiB at a time with a pause after each.  The server could send it all in a
// second, so whatever is not held back would lie in Tidegate.  Measured is the peak of the resident
// size (VmHWM) during the result, less the resident size before it: text and prepared, over TLS,
// and compressed with zlib, for which the rows are random bytes.
#include <mysql.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "bench/certificate.hpp"
#include "bench/process_memory.hpp"
#include "tests/integration/cluster.hpp"
#include "tests/long/bars.hpp"
#include "tests/support/wait_until.hpp"

using namespace long_test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t rows = 10'000;
constexpr std::size_t row_bytes = 102'400;
constexpr auto pause_per_row = 300us;
constexpr double growth_max = 8e6;

// Computed while it is sent: the server holds one row and two columns of a hundred numbers.
const char* const big_select =
    "SELECT bytes FROM bench.row,"
    " (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
    " SELECT i FROM n) a,"
    " (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
    " SELECT i FROM n) b";

const char* const schema =
    "CREATE DATABASE bench; CREATE TABLE bench.row (bytes LONGBLOB);"
    "SET group_concat_max_len = 1000000;"
    "INSERT INTO bench.row WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    " WHERE i < 100) SELECT GROUP_CONCAT(RANDOM_BYTES(1024) SEPARATOR '') FROM n";

struct transport {
    bool tls = false;
    bool compressed = false;
};

struct closer {
    void operator()(MYSQL* handle) const { mysql_close(handle); }
    void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
using session = std::unique_ptr<MYSQL, closer>;

session connect(integration::cluster& servers, const transport& how) {
    session made(mysql_init(nullptr));
    const my_bool on = 1;
    if (how.tls) mysql_optionsv(made.get(), MYSQL_OPT_SSL_ENFORCE, &on);
    if (how.compressed) mysql_optionsv(made.get(), MYSQL_OPT_COMPRESS, nullptr);
    if (mysql_real_connect(made.get(), "127.0.0.1", "app", "app-password", nullptr,
                           servers.tidegate().port(), nullptr, 0) == nullptr)
        throw std::runtime_error(mysql_error(made.get()));
    if (how.tls != (mysql_get_ssl_cipher(made.get()) != nullptr))
        throw std::runtime_error("TLS is not as asked for");
    return made;
}

/// Takes nothing until Tidegate has received no more for a while: then all buffers are full.
void stall(integration::cluster& servers) {
    const auto sent = [&] { return servers.metric("tidegate_client_sent_bytes_total"); };
    double last = sent();
    const bool full = support::wait_until(30s, [&] {
        std::this_thread::sleep_for(500ms);
        return std::exchange(last, sent()) == last;
    });
    if (!full) throw std::runtime_error("a client that takes nothing is sent more and more");
}

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error("the result could not be read: " + what);
}

std::size_t read_text(integration::cluster& servers, const transport& how) {
    const session client = connect(servers, how);
    MYSQL* const handle = client.get();
    if (mysql_query(handle, big_select) != 0) fail(mysql_error(handle));
    const std::unique_ptr<MYSQL_RES, closer> result(mysql_use_result(handle));
    stall(servers);
    std::size_t bytes = 0;
    while (mysql_fetch_row(result.get()) != nullptr) {
        bytes += mysql_fetch_lengths(result.get())[0];
        std::this_thread::sleep_for(pause_per_row);
    }
    if (mysql_errno(handle) != 0) fail(mysql_error(handle));
    return bytes;
}

std::size_t read_prepared(integration::cluster& servers, const transport& how) {
    const session client = connect(servers, how);
    const std::unique_ptr<MYSQL_STMT, closer> statement(mysql_stmt_init(client.get()));
    if (mysql_stmt_prepare(statement.get(), big_select, std::strlen(big_select)) != 0 ||
        mysql_stmt_execute(statement.get()) != 0)
        fail(mysql_stmt_error(statement.get()));
    std::vector<char> row(row_bytes);
    unsigned long length = 0;
    MYSQL_BIND column{};
    column.buffer_type = MYSQL_TYPE_LONG_BLOB;
    column.buffer = row.data();
    column.buffer_length = row.size();
    column.length = &length;
    mysql_stmt_bind_result(statement.get(), &column);
    stall(servers);
    std::size_t bytes = 0;
    for (;;) {
        const int status = mysql_stmt_fetch(statement.get());
        if (status == MYSQL_NO_DATA) break;
        if (status != 0) fail(mysql_stmt_error(statement.get()));
        bytes += length;
        std::this_thread::sleep_for(pause_per_row);
    }
    return bytes;
}

double growth(integration::cluster& servers, const char* kind,
              std::size_t (*read)(integration::cluster&, const transport&),
              const transport& how = {}) {
    const pid_t process = servers.tidegate().pid();
    const std::size_t before = bench::resident_bytes(process);
    bench::forget_peak(process);
    const std::size_t bytes = read(servers, how);
    const std::size_t peak = bench::peak_resident_bytes(process);
    if (bytes != rows * row_bytes)
        fail(std::to_string(bytes) + " of " + std::to_string(rows * row_bytes) + " bytes came");
    progress(std::string(kind) + ": " + std::to_string(bytes) + " bytes; resident " +
             std::to_string(before / 1024) + " KiB before, " + std::to_string(peak / 1024) +
             " KiB at most");
    return static_cast<double>(peak > before ? peak - before : 0);
}

int test() {
    const support::temp_folder folder;
    integration::cluster servers(
        {.schema = schema, .settings = bench::tls_settings(folder, "preferred")});
    servers.connect().query("SELECT 1");  // what the first client makes Tidegate load
    connect(servers, {.tls = true, .compressed = true});

    bars result;
    result.at_most("big_result_growth_bytes", growth(servers, "text", &read_text), growth_max);
    result.at_most("big_result_growth_bytes_prepared", growth(servers, "prepared", &read_prepared),
                   growth_max);
    result.at_most("big_result_growth_bytes_tls", growth(servers, "TLS", &read_text, {.tls = true}),
                   growth_max);
    result.at_most("big_result_growth_bytes_compressed",
                   growth(servers, "compressed", &read_text, {.compressed = true}), growth_max);
    return result.print();
}

}  // namespace

int main() {
    return run(&test);
}
