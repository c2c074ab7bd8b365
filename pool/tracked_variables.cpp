#include "pool/tracked_variables.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace pool {
namespace {

using namespace std::string_view_literals;

constexpr std::array names = {
    "auto_increment_increment"sv,
    "auto_increment_offset"sv,
    "autocommit"sv,
    "big_tables"sv,
    "binlog_row_image"sv,
    "binlog_rows_query_log_events"sv,
    "block_encryption_mode"sv,
    "bulk_insert_buffer_size"sv,
    "character_set_client"sv,
    "character_set_connection"sv,
    "character_set_filesystem"sv,
    "character_set_results"sv,
    "collation_connection"sv,
    "completion_type"sv,
    "cte_max_recursion_depth"sv,
    "default_collation_for_utf8mb4"sv,
    "default_storage_engine"sv,
    "default_table_encryption"sv,
    "default_tmp_storage_engine"sv,
    "default_week_format"sv,
    "div_precision_increment"sv,
    "end_markers_in_json"sv,
    "eq_range_index_dive_limit"sv,
    "explain_format"sv,
    "explain_json_format_version"sv,
    "explicit_defaults_for_timestamp"sv,
    "foreign_key_checks"sv,
    "generated_random_password_length"sv,
    "group_concat_max_len"sv,
    "group_replication_consistency"sv,
    "information_schema_stats_expiry"sv,
    "innodb_ddl_buffer_size"sv,
    "innodb_ddl_threads"sv,
    "innodb_ft_enable_stopword"sv,
    "innodb_lock_wait_timeout"sv,
    "innodb_parallel_read_threads"sv,
    "innodb_strict_mode"sv,
    "innodb_table_locks"sv,
    "interactive_timeout"sv,
    "internal_tmp_mem_storage_engine"sv,
    "join_buffer_size"sv,
    "keep_files_on_create"sv,
    "lc_messages"sv,
    "lc_time_names"sv,
    "lock_wait_timeout"sv,
    "long_query_time"sv,
    "low_priority_updates"sv,
    "max_error_count"sv,
    "max_execution_time"sv,
    "max_heap_table_size"sv,
    "max_join_size"sv,
    "max_length_for_sort_data"sv,
    "max_points_in_geometry"sv,
    "max_seeks_for_key"sv,
    "max_sort_length"sv,
    "max_sp_recursion_depth"sv,
    "min_examined_row_limit"sv,
    "myisam_sort_buffer_size"sv,
    "myisam_stats_method"sv,
    "net_read_timeout"sv,
    "net_retry_count"sv,
    "net_write_timeout"sv,
    "old_alter_table"sv,
    "optimizer_max_subgraph_pairs"sv,
    "optimizer_prune_level"sv,
    "optimizer_search_depth"sv,
    "optimizer_switch"sv,
    "parser_max_mem_size"sv,
    "preload_buffer_size"sv,
    "print_identified_with_as_hex"sv,
    "query_alloc_block_size"sv,
    "range_alloc_block_size"sv,
    "range_optimizer_max_mem_size"sv,
    "read_buffer_size"sv,
    "read_rnd_buffer_size"sv,
    "resultset_metadata"sv,
    "secondary_engine_cost_threshold"sv,
    "select_into_disk_sync"sv,
    "set_operations_buffer_size"sv,
    "show_create_table_skip_secondary_engine"sv,
    "show_create_table_verbosity"sv,
    "show_gipk_in_create_table_and_information_schema"sv,
    "sort_buffer_size"sv,
    "sql_auto_is_null"sv,
    "sql_big_selects"sv,
    "sql_buffer_result"sv,
    "sql_generate_invisible_primary_key"sv,
    "sql_mode"sv,
    "sql_notes"sv,
    "sql_quote_show_create"sv,
    "sql_require_primary_key"sv,
    "sql_safe_updates"sv,
    "sql_select_limit"sv,
    "sql_warnings"sv,
    "time_zone"sv,
    "tmp_table_size"sv,
    "transaction_alloc_block_size"sv,
    "transaction_allow_batching"sv,
    "transaction_isolation"sv,
    "transaction_prealloc_size"sv,
    "transaction_read_only"sv,
    "tx_isolation"sv,  // MariaDB's names of the two
    "tx_read_only"sv,
    "unique_checks"sv,
    "updatable_views_with_limit"sv,
    "use_secondary_engine"sv,
    "wait_timeout"sv,
    "windowing_use_high_precision"sv,
};
static_assert(std::is_sorted(names.begin(), names.end()));
static_assert(names.size() < 256, "variable_id is one byte");

constexpr std::array privileged = {
    "binlog_row_image"sv,
    "binlog_rows_query_log_events"sv,
    "bulk_insert_buffer_size"sv,
    "character_set_filesystem"sv,
    "default_table_encryption"sv,
    "innodb_strict_mode"sv,
    "internal_tmp_mem_storage_engine"sv,
    "low_priority_updates"sv,
    "max_error_count"sv,
    "min_examined_row_limit"sv,
    "preload_buffer_size"sv,
    "sql_generate_invisible_primary_key"sv,
    "sql_require_primary_key"sv,
};
static_assert(std::is_sorted(privileged.begin(), privileged.end()));

constexpr std::array of_resources = {
    "big_tables"sv,
    "binlog_row_image"sv,
    "binlog_rows_query_log_events"sv,
    "eq_range_index_dive_limit"sv,
    "group_replication_consistency"sv,
    "information_schema_stats_expiry"sv,
    "innodb_ddl_buffer_size"sv,
    "innodb_ddl_threads"sv,
    "innodb_lock_wait_timeout"sv,
    "innodb_parallel_read_threads"sv,
    "innodb_table_locks"sv,
    "interactive_timeout"sv,
    "internal_tmp_mem_storage_engine"sv,
    "join_buffer_size"sv,
    "lock_wait_timeout"sv,
    "long_query_time"sv,
    "max_execution_time"sv,
    "max_heap_table_size"sv,
    "max_length_for_sort_data"sv,
    "max_seeks_for_key"sv,
    "myisam_sort_buffer_size"sv,
    "net_read_timeout"sv,
    "net_retry_count"sv,
    "net_write_timeout"sv,
    "optimizer_max_subgraph_pairs"sv,
    "optimizer_prune_level"sv,
    "optimizer_search_depth"sv,
    "optimizer_switch"sv,
    "parser_max_mem_size"sv,
    "query_alloc_block_size"sv,
    "range_alloc_block_size"sv,
    "range_optimizer_max_mem_size"sv,
    "read_buffer_size"sv,
    "read_rnd_buffer_size"sv,
    "secondary_engine_cost_threshold"sv,
    "select_into_disk_sync"sv,
    "set_operations_buffer_size"sv,
    "sort_buffer_size"sv,
    "tmp_table_size"sv,
    "transaction_alloc_block_size"sv,
    "transaction_prealloc_size"sv,
    "use_secondary_engine"sv,
    "wait_timeout"sv,
};
static_assert(std::is_sorted(of_resources.begin(), of_resources.end()));

// Sets of their own GTIDs only: ALL_GTIDS would send the whole executed set with every commit.
constexpr auto tracking_prefix =
    "SET SESSION session_track_schema=ON, session_track_state_change=ON, "
    "session_track_gtids=OWN_GTID, session_track_transaction_info=CHARACTERISTICS, "
    "session_track_system_variables='"sv;
// With a limit of their own: SHOW obeys sql_select_limit.
constexpr auto baseline_prefix =
    "SELECT VARIABLE_NAME, VARIABLE_VALUE FROM performance_schema.session_variables "
    "WHERE VARIABLE_NAME IN ('"sv;
constexpr auto globals_prefix =
    "SELECT VARIABLE_NAME, VARIABLE_VALUE FROM performance_schema.global_variables "
    "WHERE VARIABLE_NAME IN ('init_connect','max_prepared_stmt_count','"sv;
constexpr auto mariadb_baseline_prefix = "SHOW SESSION VARIABLES WHERE Variable_name IN ('"sv;
constexpr auto mariadb_globals_prefix =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('init_connect','max_prepared_stmt_count','"sv;

template <std::size_t Capacity>
struct fixed_text {
    std::array<char, Capacity> bytes{};
    std::size_t size = 0;
    constexpr void append(std::string_view text) {
        for (const char c : text) bytes[size++] = c;
    }
};

// MySQL would warn of those of MariaDB that it does not have.
consteval auto joined(std::string_view prefix, std::string_view separator, std::string_view suffix,
                      bool with_mariadb) {
    fixed_text<4096> out;
    out.append(prefix);
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!with_mariadb && names[i].starts_with("tx_")) continue;
        if (i > 0) out.append(separator);
        out.append(names[i]);
    }
    out.append(suffix);
    return out;
}

constexpr auto tracking_text = joined(tracking_prefix, ",", "'", false);
constexpr auto baseline_text = joined(baseline_prefix, "','", "') LIMIT 1000", false);
constexpr auto globals_text = joined(globals_prefix, "','", "') LIMIT 1000", false);
constexpr auto mariadb_baseline_text = joined(mariadb_baseline_prefix, "','", "')", true);
constexpr auto mariadb_globals_text = joined(mariadb_globals_prefix, "','", "')", true);

template <class Text>
constexpr std::string_view view_of(const Text& text) {
    return {text.bytes.data(), text.size};
}

bool is_number(std::string_view text) {
    if (!text.empty() && text.front() == '-') text.remove_prefix(1);
    if (text.empty()) return false;
    bool point = false;
    for (const char c : text) {
        if (c == '.' && !point) {
            point = true;
        } else if (c < '0' || c > '9') {
            return false;
        }
    }
    return text.front() != '.' && text.back() != '.';
}

bool is_plain(char c) {
    return c >= ' ' && c <= '~' && c != '\'' && c != '\\';
}

// A backslash or a quote cannot be escaped in a way that holds under NO_BACKSLASH_ESCAPES and
// without it alike, and what is not ASCII would be read in the connection's character set, so such
// a value goes as a hexadecimal literal.
void append_quoted(std::string& out, std::string_view text) {
    if (std::all_of(text.begin(), text.end(), is_plain)) {
        out.append("'").append(text).append("'");
        return;
    }
    constexpr auto digits = "0123456789abcdef"sv;
    out.append("_utf8mb4 x'");
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 0x0f]);
    }
    out.append("'");
}

}  // namespace

std::span<const std::string_view> tracked_variables() noexcept {
    return names;
}

std::optional<variable_id> find_variable(std::string_view name) noexcept {
    const auto at = std::lower_bound(names.begin(), names.end(), name);
    if (at == names.end() || *at != name) return std::nullopt;
    return static_cast<variable_id>(std::distance(names.begin(), at));
}

std::string_view name_of(variable_id id) noexcept {
    return names[static_cast<std::size_t>(id)];
}

bool takes_privilege(variable_id id) noexcept {
    return std::binary_search(privileged.begin(), privileged.end(), name_of(id));
}

bool is_about_resources(variable_id id) noexcept {
    return std::binary_search(of_resources.begin(), of_resources.end(), name_of(id));
}

void append_assignment(std::string& out, variable_id id, const variable_value& value) {
    out.append("SESSION ").append(name_of(id)).append("=");
    if (!value) {
        out.append("NULL");
    } else if (is_number(*value)) {
        out.append(*value);
    } else {
        append_quoted(out, *value);
    }
}

variable_value value_from_tracker(variable_id id, std::string_view text) {
    if (text.empty() && name_of(id) == "character_set_results") return std::nullopt;
    return std::string(text);
}

std::string_view tracking_statement() {
    return view_of(tracking_text);
}

std::string_view baseline_query(bool of_mariadb) {
    return of_mariadb ? view_of(mariadb_baseline_text) : view_of(baseline_text);
}

std::string_view globals_query(bool of_mariadb) {
    return of_mariadb ? view_of(mariadb_globals_text) : view_of(globals_text);
}

}  // namespace pool
