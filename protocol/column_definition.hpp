#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/collations.hpp"
#include "protocol/error.hpp"
#include "protocol/field_type.hpp"

namespace protocol {

namespace column_flag {
inline constexpr std::uint16_t not_null = 0x0001;
inline constexpr std::uint16_t primary_key = 0x0002;
inline constexpr std::uint16_t unique_key = 0x0004;
inline constexpr std::uint16_t multiple_key = 0x0008;
inline constexpr std::uint16_t blob = 0x0010;
inline constexpr std::uint16_t is_unsigned = 0x0020;
inline constexpr std::uint16_t zerofill = 0x0040;
inline constexpr std::uint16_t binary = 0x0080;
inline constexpr std::uint16_t is_enum = 0x0100;
inline constexpr std::uint16_t auto_increment = 0x0200;
inline constexpr std::uint16_t timestamp = 0x0400;
inline constexpr std::uint16_t is_set = 0x0800;
}  // namespace column_flag

/// ColumnDefinition41.  Views point into the decoded payload.
struct column_definition {
    std::string_view schema{};
    std::string_view table{};      // the alias
    std::string_view org_table{};  // the table itself; empty for an expression
    std::string_view name{};
    std::string_view org_name{};
    std::uint16_t collation =
        collations::utf8mb4_0900_ai_ci;  // binary for numbers, dates and bytes
    std::uint32_t length = 0;            // longest value, in bytes
    field_type type = field_type::var_string;
    std::uint16_t flags = 0;
    std::uint8_t decimals = 0;  // 0x1f: as many as there are
    /// Only in the answer to COM_FIELD_LIST, where an inner nullopt stands for NULL.
    std::optional<std::optional<std::string_view>> default_value{};
    friend bool operator==(const column_definition&, const column_definition&) = default;
};

/// Trailing bytes behind the known fields are accepted as the COM_FIELD_LIST default.
result<column_definition> decode_column_definition(bytes_view payload);
void encode(const column_definition& value, writer& out);

}  // namespace protocol
