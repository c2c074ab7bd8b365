#include "rules/keywords.hpp"

#include <array>

namespace rules {
namespace {

// From information_schema.KEYWORDS of MySQL 9.7.  Words that became reserved after 8.0.11 are under
// `nonreserved`: on an older server a column may bear such a name without quotes.
// clang-format off
constexpr std::string_view reserved[] = {
    "ACCESSIBLE", "ADD", "ALL", "ALTER", "ANALYZE", "AND", "AS", "ASC", "ASENSITIVE", "BEFORE",
    "BETWEEN", "BIGINT", "BINARY", "BLOB", "BOTH", "BY", "CALL", "CASCADE", "CASE", "CHANGE",
    "CHAR", "CHARACTER", "CHECK", "COLLATE", "COLUMN", "CONDITION", "CONSTRAINT", "CONTINUE",
    "CONVERT", "CREATE", "CROSS", "CUBE", "CUME_DIST", "CURRENT_DATE", "CURRENT_TIME",
    "CURRENT_TIMESTAMP", "CURRENT_USER", "CURSOR", "DATABASE", "DATABASES", "DAY_HOUR",
    "DAY_MICROSECOND", "DAY_MINUTE", "DAY_SECOND", "DEC", "DECIMAL", "DECLARE", "DEFAULT",
    "DELAYED", "DELETE", "DENSE_RANK", "DESC", "DESCRIBE", "DETERMINISTIC", "DISTINCT",
    "DISTINCTROW", "DIV", "DOUBLE", "DROP", "DUAL", "EACH", "ELSE", "ELSEIF", "EMPTY", "ENCLOSED",
    "ESCAPED", "EXCEPT", "EXISTS", "EXIT", "EXPLAIN", "FALSE", "FETCH", "FIRST_VALUE", "FLOAT",
    "FLOAT4", "FLOAT8", "FOR", "FORCE", "FOREIGN", "FROM", "FULLTEXT", "FUNCTION", "GENERATED",
    "GET", "GRANT", "GROUP", "GROUPING", "GROUPS", "HAVING", "HIGH_PRIORITY", "HOUR_MICROSECOND",
    "HOUR_MINUTE", "HOUR_SECOND", "IF", "IGNORE", "IN", "INDEX", "INFILE", "INNER", "INOUT",
    "INSENSITIVE", "INSERT", "INT", "INT1", "INT2", "INT3", "INT4", "INT8", "INTEGER", "INTERVAL",
    "INTO", "IO_AFTER_GTIDS", "IO_BEFORE_GTIDS", "IS", "ITERATE", "JOIN", "JSON_TABLE", "KEY",
    "KEYS", "KILL", "LAG", "LAST_VALUE", "LEAD", "LEADING", "LEAVE", "LEFT", "LIKE", "LIMIT",
    "LINEAR", "LINES", "LOAD", "LOCALTIME", "LOCALTIMESTAMP", "LOCK", "LONG", "LONGBLOB",
    "LONGTEXT", "LOOP", "LOW_PRIORITY", "MATCH", "MAXVALUE", "MEDIUMBLOB", "MEDIUMINT",
    "MEDIUMTEXT", "MIDDLEINT", "MINUTE_MICROSECOND", "MINUTE_SECOND", "MOD", "MODIFIES", "NATURAL",
    "NOT", "NO_WRITE_TO_BINLOG", "NTH_VALUE", "NTILE", "NULL", "NUMERIC", "OF", "ON", "OPTIMIZE",
    "OPTIMIZER_COSTS", "OPTION", "OPTIONALLY", "OR", "ORDER", "OUT", "OUTER", "OUTFILE", "OVER",
    "PARTITION", "PERCENT_RANK", "PRECISION", "PRIMARY", "PROCEDURE", "PURGE", "RANGE", "RANK",
    "READ", "READS", "READ_WRITE", "REAL", "RECURSIVE", "REFERENCES", "REGEXP", "RELEASE", "RENAME",
    "REPEAT", "REPLACE", "REQUIRE", "RESIGNAL", "RESTRICT", "RETURN", "REVOKE", "RIGHT", "RLIKE",
    "ROW", "ROWS", "ROW_NUMBER", "SCHEMA", "SCHEMAS", "SECOND_MICROSECOND", "SELECT", "SENSITIVE",
    "SEPARATOR", "SET", "SHOW", "SIGNAL", "SMALLINT", "SPATIAL", "SPECIFIC", "SQL", "SQLEXCEPTION",
    "SQLSTATE", "SQLWARNING", "SQL_BIG_RESULT", "SQL_CALC_FOUND_ROWS", "SQL_SMALL_RESULT", "SSL",
    "STARTING", "STORED", "STRAIGHT_JOIN", "SYSTEM", "TABLE", "TERMINATED", "THEN", "TINYBLOB",
    "TINYINT", "TINYTEXT", "TO", "TRAILING", "TRIGGER", "TRUE", "UNDO", "UNION", "UNIQUE", "UNLOCK",
    "UNSIGNED", "UPDATE", "USAGE", "USE", "USING", "UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP",
    "VALUES", "VARBINARY", "VARCHAR", "VARCHARACTER", "VARYING", "VIRTUAL", "WHEN", "WHERE",
    "WHILE", "WINDOW", "WITH", "WRITE", "XOR", "YEAR_MONTH", "ZEROFILL",
};

constexpr std::string_view nonreserved[] = {
    "ABSENT", "ACCOUNT", "ACTION", "ACTIVE", "ADMIN", "AFTER", "AGAINST", "AGGREGATE", "ALGORITHM",
    "ALLOW_MISSING_FILES", "ALWAYS", "ANY", "ARRAY", "ASCII",
    "ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS", "AT", "ATTRIBUTE", "AUTHENTICATION", "AUTO",
    "AUTOEXTEND_SIZE", "AUTO_INCREMENT", "AUTO_REFRESH", "AUTO_REFRESH_SOURCE", "AVG",
    "AVG_ROW_LENGTH", "BACKUP", "BEGIN", "BERNOULLI", "BINLOG", "BIT", "BLOCK", "BOOL", "BOOLEAN",
    "BTREE", "BUCKETS", "BULK", "BYTE", "CACHE", "CASCADED", "CATALOG_NAME", "CHAIN",
    "CHALLENGE_RESPONSE", "CHANGED", "CHANNEL", "CHARSET", "CHECKSUM", "CIPHER", "CLASS_ORIGIN",
    "CLIENT", "CLONE", "CLOSE", "COALESCE", "CODE", "COLLATION", "COLUMNS", "COLUMN_FORMAT",
    "COLUMN_NAME", "COMMENT", "COMMIT", "COMMITTED", "COMPACT", "COMPLETION", "COMPONENT",
    "COMPRESSED", "COMPRESSION", "CONCURRENT", "CONNECTION", "CONSISTENT", "CONSTRAINT_CATALOG",
    "CONSTRAINT_NAME", "CONSTRAINT_SCHEMA", "CONTAINS", "CONTEXT", "CPU", "CURRENT", "CURSOR_NAME",
    "DATA", "DATAFILE", "DATE", "DATETIME", "DAY", "DEALLOCATE", "DEFAULT_AUTH", "DEFINER",
    "DEFINITION", "DELAY_KEY_WRITE", "DESCRIPTION", "DIAGNOSTICS", "DIRECTORY", "DISABLE",
    "DISCARD", "DISK", "DO", "DUALITY", "DUMPFILE", "DUPLICATE", "DYNAMIC", "ENABLE", "ENCRYPTION",
    "END", "ENDS", "ENFORCED", "ENGINE", "ENGINES", "ENGINE_ATTRIBUTE", "ENUM", "ERROR", "ERRORS",
    "ESCAPE", "EVENT", "EVENTS", "EVERY", "EXCHANGE", "EXCLUDE", "EXECUTE", "EXPANSION", "EXPIRE",
    "EXPORT", "EXTENDED", "EXTENT_SIZE", "EXTERNAL", "EXTERNAL_FORMAT", "FACTOR",
    "FAILED_LOGIN_ATTEMPTS", "FAST", "FAULTS", "FIELDS", "FILE", "FILES", "FILE_BLOCK_SIZE",
    "FILE_FORMAT", "FILE_NAME", "FILE_PATTERN", "FILE_PREFIX", "FILTER", "FINISH", "FIRST", "FIXED",
    "FLUSH", "FOLLOWING", "FOLLOWS", "FORMAT", "FOUND", "FULL", "GENERAL", "GENERATE",
    "GEOMCOLLECTION", "GEOMETRY", "GEOMETRYCOLLECTION", "GET_FORMAT", "GET_SOURCE_PUBLIC_KEY",
    "GLOBAL", "GRANTS", "GROUP_REPLICATION", "GTIDS", "GTID_ONLY", "GUIDED", "HANDLER", "HASH",
    "HEADER", "HELP", "HISTOGRAM", "HISTORY", "HOST", "HOSTS", "HOUR", "IDENTIFIED",
    "IGNORE_SERVER_IDS", "IMPORT", "INACTIVE", "INDEXES", "INITIAL", "INITIAL_SIZE", "INITIATE",
    "INSERT_METHOD", "INSTALL", "INSTANCE", "INTERSECT", "INVISIBLE", "INVOKER", "IO", "IO_THREAD",
    "IPC", "ISOLATION", "ISSUER", "JSON", "JSON_VALUE", "KEYRING", "KEY_BLOCK_SIZE", "LANGUAGE",
    "LAST", "LATERAL", "LEAVES", "LESS", "LEVEL", "LIBRARY", "LINESTRING", "LIST", "LOCAL",
    "LOCKED", "LOCKS", "LOG", "LOGFILE", "LOGS", "MANUAL", "MASKING", "MASTER", "MATERIALIZED",
    "MAX_CONNECTIONS_PER_HOUR", "MAX_QUERIES_PER_HOUR", "MAX_ROWS", "MAX_SIZE",
    "MAX_UPDATES_PER_HOUR", "MAX_USER_CONNECTIONS", "MEDIUM", "MEMBER", "MEMORY", "MERGE",
    "MESSAGE_TEXT", "MICROSECOND", "MIGRATE", "MINUTE", "MIN_ROWS", "MODE", "MODIFY", "MONTH",
    "MULTILINESTRING", "MULTIPOINT", "MULTIPOLYGON", "MUTEX", "MYSQL_ERRNO", "NAME", "NAMES",
    "NATIONAL", "NCHAR", "NDB", "NDBCLUSTER", "NESTED", "NETWORK_NAMESPACE", "NEVER", "NEW", "NEXT",
    "NO", "NODEGROUP", "NONE", "NOWAIT", "NO_WAIT", "NULLS", "NUMBER", "NVARCHAR", "OFF", "OFFSET",
    "OJ", "OLD", "ONE", "ONLY", "OPEN", "OPTIONAL", "OPTIONS", "ORDINALITY", "ORGANIZATION",
    "OTHERS", "OWNER", "PACK_KEYS", "PAGE", "PARALLEL", "PARAMETERS", "PARSER", "PARSE_TREE",
    "PARTIAL", "PARTITIONING", "PARTITIONS", "PASSWORD", "PASSWORD_LOCK_TIME", "PATH", "PERSIST",
    "PERSIST_ONLY", "PHASE", "PLUGIN", "PLUGINS", "PLUGIN_DIR", "POINT", "POLICY", "POLYGON",
    "PORT", "PRECEDES", "PRECEDING", "PREPARE", "PRESERVE", "PREV", "PRIVILEGES",
    "PRIVILEGE_CHECKS_USER", "PROCESS", "PROCESSLIST", "PROFILE", "PROFILES", "PROXY", "QUALIFY",
    "QUARTER", "QUERY", "QUICK", "RANDOM", "READ_ONLY", "REBUILD", "RECOVER", "REDO_BUFFER_SIZE",
    "REDUNDANT", "REFERENCE", "REGISTRATION", "RELATIONAL", "RELAY", "RELAYLOG", "RELAY_LOG_FILE",
    "RELAY_LOG_POS", "RELAY_THREAD", "RELOAD", "REMOVE", "REORGANIZE", "REPAIR", "REPEATABLE",
    "REPLICA", "REPLICAS", "REPLICATE_DO_DB", "REPLICATE_DO_TABLE", "REPLICATE_IGNORE_DB",
    "REPLICATE_IGNORE_TABLE", "REPLICATE_REWRITE_DB", "REPLICATE_WILD_DO_TABLE",
    "REPLICATE_WILD_IGNORE_TABLE", "REPLICATION", "REQUIRE_ROW_FORMAT",
    "REQUIRE_TABLE_PRIMARY_KEY_CHECK", "RESET", "RESOURCE", "RESPECT", "RESTART", "RESTORE",
    "RESUME", "RETAIN", "RETURNED_SQLSTATE", "RETURNING", "RETURNS", "REUSE", "REVERSE", "ROLE",
    "ROLLBACK", "ROLLUP", "ROTATE", "ROUTINE", "ROW_COUNT", "ROW_FORMAT", "RTREE", "S3",
    "SAVEPOINT", "SCHEDULE", "SCHEMA_NAME", "SECOND", "SECONDARY", "SECONDARY_ENGINE",
    "SECONDARY_ENGINE_ATTRIBUTE", "SECONDARY_LOAD", "SECONDARY_UNLOAD", "SECURITY", "SERIAL",
    "SERIALIZABLE", "SERVER", "SESSION", "SETS", "SHARE", "SHUTDOWN", "SIGNED", "SIMPLE", "SKIP",
    "SLAVE", "SLOW", "SNAPSHOT", "SOCKET", "SOME", "SONAME", "SOUNDS", "SOURCE",
    "SOURCE_AUTO_POSITION", "SOURCE_BIND", "SOURCE_COMPRESSION_ALGORITHMS",
    "SOURCE_CONNECTION_AUTO_FAILOVER", "SOURCE_CONNECT_RETRY", "SOURCE_DELAY",
    "SOURCE_HEARTBEAT_PERIOD", "SOURCE_HOST", "SOURCE_LOG_FILE", "SOURCE_LOG_POS",
    "SOURCE_PASSWORD", "SOURCE_PORT", "SOURCE_PUBLIC_KEY_PATH", "SOURCE_RETRY_COUNT", "SOURCE_SSL",
    "SOURCE_SSL_CA", "SOURCE_SSL_CAPATH", "SOURCE_SSL_CERT", "SOURCE_SSL_CIPHER", "SOURCE_SSL_CRL",
    "SOURCE_SSL_CRLPATH", "SOURCE_SSL_KEY", "SOURCE_SSL_VERIFY_SERVER_CERT",
    "SOURCE_TLS_CIPHERSUITES", "SOURCE_TLS_VERSION", "SOURCE_USER", "SOURCE_ZSTD_COMPRESSION_LEVEL",
    "SQL_AFTER_GTIDS", "SQL_AFTER_MTS_GAPS", "SQL_BEFORE_GTIDS", "SQL_BUFFER_RESULT",
    "SQL_NO_CACHE", "SQL_THREAD", "SQL_TSI_DAY", "SQL_TSI_HOUR", "SQL_TSI_MINUTE", "SQL_TSI_MONTH",
    "SQL_TSI_QUARTER", "SQL_TSI_SECOND", "SQL_TSI_WEEK", "SQL_TSI_YEAR", "SRID", "STACKED", "START",
    "STARTS", "STATS_AUTO_RECALC", "STATS_PERSISTENT", "STATS_SAMPLE_PAGES", "STATUS", "STOP",
    "STORAGE", "STREAM", "STRICT_LOAD", "STRING", "SUBCLASS_ORIGIN", "SUBJECT", "SUBPARTITION",
    "SUBPARTITIONS", "SUPER", "SUSPEND", "SWAPS", "SWITCHES", "TABLES", "TABLESAMPLE", "TABLESPACE",
    "TABLE_CHECKSUM", "TABLE_NAME", "TEMPORARY", "TEMPTABLE", "TEXT", "THAN", "THREAD_PRIORITY",
    "TIES", "TIME", "TIMESTAMP", "TIMESTAMPADD", "TIMESTAMPDIFF", "TLS", "TRANSACTION", "TRIGGERS",
    "TRUNCATE", "TYPE", "TYPES", "UNBOUNDED", "UNCOMMITTED", "UNDEFINED", "UNDOFILE",
    "UNDO_BUFFER_SIZE", "UNICODE", "UNINSTALL", "UNKNOWN", "UNREGISTER", "UNTIL", "UPGRADE", "URI",
    "URL", "USER", "USER_RESOURCES", "USE_FRM", "VALIDATE", "VALIDATION", "VALUE", "VARIABLES",
    "VCPU", "VECTOR", "VERIFY_KEY_CONSTRAINTS", "VIEW", "VISIBLE", "WAIT", "WARNINGS", "WEEK",
    "WEIGHT_STRING", "WITHOUT", "WORK", "WRAPPER", "X509", "XA", "XID", "XML", "YEAR", "ZONE",
};

// Keywords only where "(" follows, and in no system table.
constexpr std::string_view functions[] = {
    "ADDDATE", "BIT_AND", "BIT_OR", "BIT_XOR", "CAST", "COUNT", "CURDATE", "CURTIME", "DATE_ADD",
    "DATE_SUB", "EXTRACT", "GROUP_CONCAT", "JSON_ARRAYAGG", "JSON_DUALITY_OBJECT", "JSON_OBJECTAGG",
    "MAX", "MID", "MIN", "NOW", "POSITION", "SESSION_USER", "STD", "STDDEV", "STDDEV_POP",
    "STDDEV_SAMP", "ST_COLLECT", "SUBDATE", "SUBSTR", "SUBSTRING", "SUM", "SYSDATE", "SYSTEM_USER",
    "TRIM", "VARIANCE", "VAR_POP", "VAR_SAMP",
};
// clang-format on

constexpr std::size_t count = std::size(reserved) + std::size(nonreserved) + std::size(functions);

constexpr std::string_view operands[] = {
    "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "DEFAULT",
    "FALSE",        "LOCALTIME",    "LOCALTIMESTAMP",    "MAXVALUE",     "NULL",
    "TRUE",         "UTC_DATE",     "UTC_TIME",          "UTC_TIMESTAMP"};

constexpr keyword::role_type role_of_reserved(std::string_view name) {
    using role = keyword::role_type;
    if (name == "IN") return role::in;
    if (name == "IS" || name == "NOT" || name == "SET") return role::no_null;
    for (const auto operand : operands)
        if (name == operand) return role::operand_end;
    return role::operator_;
}

constexpr keyword::role_type role_of_nonreserved(std::string_view name) {
    const bool before_expression = name == "DO" || name == "ESCAPE" || name == "OFFSET";
    return before_expression ? keyword::role_type::operator_ : keyword::role_type::operand_end;
}

constexpr auto table = [] {
    std::array<keyword, count> all{};
    std::size_t n = 0;
    for (const auto name : reserved)
        all[n++] = {name, keyword::kind_type::reserved, role_of_reserved(name)};
    for (const auto name : nonreserved)
        all[n++] = {name, keyword::kind_type::nonreserved, role_of_nonreserved(name)};
    for (const auto name : functions) all[n++] = {name, keyword::kind_type::function, {}};
    return all;
}();

// An open-addressed hash table, built by the compiler.  Most words of a statement are no keywords
// and are told so by the first slot they look at.
struct slot {
    std::uint16_t tag = 0;
    std::uint16_t entry = 0;  // index into table plus one; 0 is free
};
constexpr std::size_t slot_count = 4096;

constexpr std::size_t home_of(std::uint32_t hash) {
    return (hash ^ (hash >> 12)) % slot_count;
}
constexpr std::uint16_t tag_of(std::uint32_t hash) {
    return static_cast<std::uint16_t>(hash >> 16);
}

constexpr auto slots = [] {
    std::array<slot, slot_count> all{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        word_hash hash;
        for (const char c : table[i].name) hash.add(static_cast<unsigned char>(c));
        std::size_t at = home_of(hash.value());
        while (all[at].entry != 0) at = (at + 1) % slot_count;
        all[at] = {tag_of(hash.value()), static_cast<std::uint16_t>(i + 1)};
    }
    return all;
}();

}  // namespace

const keyword* find_keyword(std::string_view word, std::uint32_t hash) {
    for (std::size_t at = home_of(hash); slots[at].entry != 0; at = (at + 1) % slot_count) {
        if (slots[at].tag != tag_of(hash)) continue;
        const keyword& found = table[slots[at].entry - 1u];
        if (equal_ignoring_case(found.name, word)) return &found;
    }
    return nullptr;
}

const keyword* find_keyword(std::string_view word) {
    word_hash hash;
    for (const char c : word) hash.add(static_cast<unsigned char>(c));
    return find_keyword(word, hash.value());
}

}  // namespace rules
