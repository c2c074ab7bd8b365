// The status variables of a query event: a code byte and a value whose size only the code tells.

#include "protocol/binlog_events.hpp"

namespace protocol {
namespace {

// Named as in the server's sources (Q_...), which is where a reader would look them up.
enum class code : std::uint8_t {
    flags2 = 0,
    sql_mode = 1,
    catalog = 2,
    auto_increment = 3,
    charset = 4,
    time_zone = 5,
    catalog_nz = 6,
    lc_time_names = 7,
    charset_database = 8,
    table_map_for_update = 9,
    master_data_written = 10,
    invoker = 11,
    updated_db_names = 12,
    microseconds = 13,
    explicit_defaults_for_timestamp = 16,
    ddl_logged_with_xid = 17,
    default_collation_for_utf8mb4 = 18,
    sql_require_primary_key = 19,
    default_table_encryption = 20,
};

void skip_schema_names(cursor& in) {
    constexpr std::uint8_t too_many_to_list = 254;
    const std::uint8_t count = in.u8();
    if (count == too_many_to_list) return;
    for (unsigned i = 0; i < count; ++i) in.null_terminated();
}

/// Reads one variable; false if the code is not known, and so neither is the value's size.
bool read_variable(std::uint8_t which, cursor& in, query_settings& settings) {
    switch (static_cast<code>(which)) {
        case code::sql_mode:
            settings.sql_mode = in.u64();
            return true;
        case code::charset:
            settings.charset = query_settings::charsets{in.u16(), in.u16(), in.u16()};
            return true;
        case code::time_zone:
            settings.time_zone = in.text(in.u8());
            return true;
        case code::charset_database:
            settings.schema_collation = in.u16();
            return true;
        case code::explicit_defaults_for_timestamp:
            settings.explicit_defaults_for_timestamp = in.u8() != 0;
            return true;
        case code::ddl_logged_with_xid:
            settings.ddl_xid = in.u64();
            return true;
        case code::default_collation_for_utf8mb4:
            settings.default_collation_for_utf8mb4 = in.u16();
            return true;
        case code::sql_require_primary_key:
            settings.require_primary_key = in.u8() != 0;
            return true;
        case code::flags2:
        case code::auto_increment:
        case code::master_data_written:
            in.skip(4);
            return true;
        case code::catalog:
            in.skip(in.u8());
            in.skip(1);  // NUL
            return true;
        case code::catalog_nz:
            in.skip(in.u8());
            return true;
        case code::lc_time_names:
            in.skip(2);
            return true;
        case code::table_map_for_update:
            in.skip(8);
            return true;
        case code::invoker:
            in.skip(in.u8());
            in.skip(in.u8());
            return true;
        case code::updated_db_names:
            skip_schema_names(in);
            return true;
        case code::microseconds:
            in.skip(3);
            return true;
        case code::default_table_encryption:
            in.skip(1);
            return true;
    }
    return false;
}

}  // namespace

result<query_settings> decode_query_settings(const query_event& event) {
    cursor in(event.status_variables);
    query_settings settings;
    while (!in.at_end()) {
        settings.complete = read_variable(in.u8(), in, settings);
        if (!settings.complete) break;
    }
    if (in.failed()) return errc::truncated;
    return settings;
}

}  // namespace protocol
