#include "rules/builtin_functions.hpp"

#include <algorithm>

namespace rules {
namespace {

// Functions whose value any server with the same data and the same session state gives.  All that
// MySQL 9.7 answers without error 1305 ("does not exist"), and those only older servers have.
// Sorted.
// clang-format off
constexpr std::string_view plain[] = {
    "abs", "acos", "addtime", "aes_decrypt", "aes_encrypt", "any_value", "asin", "atan", "atan2",
    "bin", "bin_to_uuid", "bit_count", "bit_length", "ceil", "ceiling", "char_length",
    "character_length", "coercibility", "compress", "concat", "concat_ws", "conv", "convert_tz",
    "cos", "cot", "crc32", "date_format", "datediff", "dayname", "dayofmonth", "dayofweek",
    "dayofyear", "degrees", "elt", "exp", "export_set", "extractvalue", "field", "find_in_set",
    "floor", "format_bytes", "format_pico_time", "from_base64", "from_days", "from_unixtime",
    "from_vector", "greatest", "gtid_subset", "gtid_subtract", "hex", "ifnull", "inet6_aton",
    "inet6_ntoa", "inet_aton", "inet_ntoa", "instr", "is_ipv4", "is_ipv4_compat", "is_ipv4_mapped",
    "is_ipv6", "is_uuid", "isnull", "json_array", "json_array_append", "json_array_insert",
    "json_contains", "json_contains_path", "json_depth", "json_extract", "json_insert", "json_keys",
    "json_length", "json_merge", "json_merge_patch", "json_merge_preserve", "json_object",
    "json_overlaps", "json_pretty", "json_quote", "json_remove", "json_replace",
    "json_schema_valid", "json_schema_validation_report", "json_search", "json_set",
    "json_storage_free", "json_storage_size", "json_type", "json_unquote", "json_valid", "last_day",
    "lcase", "least", "length", "ln", "locate", "log10", "log2", "lower", "lpad", "ltrim",
    "make_set", "makedate", "maketime", "mbrcontains", "mbrcoveredby", "mbrcovers", "mbrdisjoint",
    "mbrequals", "mbrintersects", "mbroverlaps", "mbrtouches", "mbrwithin", "md5", "monthname",
    "name_const", "nullif", "oct", "octet_length", "ord", "period_add", "period_diff", "pi", "pow",
    "power", "quote", "radians", "rand", "random_bytes", "regexp_instr", "regexp_like",
    "regexp_replace", "regexp_substr", "round", "rpad", "rtrim", "sec_to_time", "sha", "sha1",
    "sha2", "sign", "sin", "soundex", "space", "sqrt", "st_area", "st_asbinary", "st_asgeojson",
    "st_astext", "st_aswkb", "st_aswkt", "st_buffer", "st_buffer_strategy", "st_centroid",
    "st_contains", "st_convexhull", "st_crosses", "st_difference", "st_dimension", "st_disjoint",
    "st_distance", "st_distance_sphere", "st_endpoint", "st_envelope", "st_equals",
    "st_exteriorring", "st_frechetdistance", "st_geohash", "st_geomcollfromtext",
    "st_geomcollfromtxt", "st_geomcollfromwkb", "st_geometrycollectionfromtext",
    "st_geometrycollectionfromwkb", "st_geometryfromtext", "st_geometryfromwkb", "st_geometryn",
    "st_geometrytype", "st_geomfromgeojson", "st_geomfromtext", "st_geomfromwkb",
    "st_hausdorffdistance", "st_interiorringn", "st_intersection", "st_intersects", "st_isclosed",
    "st_isempty", "st_issimple", "st_isvalid", "st_latfromgeohash", "st_latitude", "st_length",
    "st_linefromtext", "st_linefromwkb", "st_lineinterpolatepoint", "st_lineinterpolatepoints",
    "st_linestringfromtext", "st_linestringfromwkb", "st_longfromgeohash", "st_longitude",
    "st_makeenvelope", "st_mlinefromtext", "st_mlinefromwkb", "st_mpointfromtext",
    "st_mpointfromwkb", "st_mpolyfromtext", "st_mpolyfromwkb", "st_multilinestringfromtext",
    "st_multilinestringfromwkb", "st_multipointfromtext", "st_multipointfromwkb",
    "st_multipolygonfromtext", "st_multipolygonfromwkb", "st_numgeometries", "st_numinteriorring",
    "st_numinteriorrings", "st_numpoints", "st_overlaps", "st_pointatdistance",
    "st_pointfromgeohash", "st_pointfromtext", "st_pointfromwkb", "st_pointn", "st_polyfromtext",
    "st_polyfromwkb", "st_polygonfromtext", "st_polygonfromwkb", "st_simplify", "st_srid",
    "st_startpoint", "st_swapxy", "st_symdifference", "st_touches", "st_transform", "st_union",
    "st_validate", "st_within", "st_x", "st_y", "statement_digest", "statement_digest_text",
    "str_to_date", "strcmp", "string_to_vector", "substring_index", "subtime", "tan", "time_format",
    "time_to_sec", "timediff", "to_base64", "to_days", "to_seconds", "ucase", "uncompress",
    "uncompressed_length", "unhex", "unix_timestamp", "updatexml", "upper", "uuid_to_bin",
    "vector_dim", "vector_to_string", "weekday", "weekofyear", "yearweek",
};
// clang-format on

struct special_function {
    std::string_view name;
    effect_set effects;
};

// Sorted.
constexpr special_function special[] = {
    {"benchmark", effect::server_specific},
    {"connection_id", effect::reads_connection_id | effect::server_specific},
    {"current_role", effect::server_specific},
    {"current_role_in", effect::server_specific},
    {"current_user_in", effect::server_specific},
    {"found_rows", effect::reads_found_rows},
    {"get_lock", effect::takes_get_lock | effect::server_specific},
    {"icu_version", effect::server_specific},
    {"is_free_lock", effect::server_specific},
    {"is_used_lock", effect::server_specific},
    {"last_insert_id", effect::reads_last_insert_id},
    {"load_file", effect::server_specific},
    {"master_pos_wait", effect::server_specific},
    {"ps_current_thread_id", effect::server_specific},
    {"ps_thread_id", effect::server_specific},
    {"release_all_locks", effect::releases_lock | effect::server_specific},
    {"release_lock", effect::releases_lock | effect::server_specific},
    {"roles_graphml", effect::server_specific},
    {"sleep", effect::server_specific},
    {"source_pos_wait", effect::server_specific},
    {"uuid", effect::server_specific},
    {"uuid_short", effect::server_specific},
    {"validate_password_strength", effect::server_specific},
    {"version", effect::server_specific},
    {"version_with_update", effect::server_specific},
    {"wait_for_executed_gtid_set", effect::server_specific},
    {"wait_until_sql_thread_after_gtids", effect::server_specific},
};

static_assert(std::ranges::is_sorted(plain));
static_assert(std::ranges::is_sorted(special, {}, &special_function::name));

}  // namespace

std::optional<effect_set> effects_of_function(std::string_view name) {
    if (std::ranges::binary_search(plain, name)) return effect_set{};
    const auto* found = std::ranges::lower_bound(special, name, {}, &special_function::name);
    if (found != std::end(special) && found->name == name) return found->effects;
    return std::nullopt;
}

effect_set effects_of_keyword_call(std::string_view name) {
    if (name == "ROW_COUNT") return effect::reads_row_count;
    if (name == "USER" || name == "SESSION_USER" || name == "SYSTEM_USER")
        return effect::server_specific;
    return {};
}

}  // namespace rules
