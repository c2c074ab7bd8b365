#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/field_type.hpp"

/// COM_QUERY as sent with CLIENT_QUERY_ATTRIBUTES, behind the command byte:
///
///   lenenc attribute count n, lenenc set count (1)
///   with n > 0: null bitmap (n+7)/8, bind flag (1), n times { type u16, lenenc name }, values
///   the SQL text to the end

namespace protocol {

inline constexpr std::uint16_t unsigned_parameter = 0x8000;  // in a parameter's type
inline constexpr std::uint32_t parameters_max = 65'535;      // MySQL's own limit

/// One named value that comes with a statement.  Views point into the payload.
struct query_attribute {
    std::string_view name{};
    field_type type{};
    bool is_unsigned = false;
    bool is_null = false;
    bytes_view value{};  // in binary form, without the length that texts and times have in front
};

/// Where the parts of a COM_QUERY are.  Views point into the payload.
struct query_layout {
    std::uint32_t attribute_count = 0;
    bytes_view null_bitmap{};
    bytes_view types{};   // type u16 and name of each
    bytes_view values{};  // of those that are not NULL
    std::size_t sql_at = 1;
    std::string_view sql{};
};

/// `payload` starts with the command byte.  Without CLIENT_QUERY_ATTRIBUTES all behind it is SQL.
/// Errors: truncated, malformed (bind flag or set count), limit_exceeded.
result<query_layout> decode_query(bytes_view payload, std::uint32_t capabilities);

/// Walks over the attributes of a decoded query, or of a COM_STMT_EXECUTE with names and types.
class query_attribute_reader {
public:
    explicit query_attribute_reader(const query_layout& query) noexcept
        : query_attribute_reader(query.attribute_count, query.null_bitmap, query.types,
                                 query.values) {}
    query_attribute_reader(std::uint32_t count, bytes_view null_bitmap, bytes_view types,
                           bytes_view values) noexcept
        : count_(count), null_bitmap_(null_bitmap), types_(types), values_(values) {}

    bool next() noexcept;  // false at the end, and at the first malformed one
    const query_attribute& attribute() const noexcept { return attribute_; }
    bool failed() const noexcept { return types_.failed() || values_.failed(); }
    /// Bytes of the values read so far.
    std::size_t values_size() const noexcept { return values_.position(); }

private:
    std::uint32_t count_;
    std::uint32_t index_ = 0;
    bytes_view null_bitmap_;
    cursor types_;
    cursor values_;
    query_attribute attribute_;
};

/// Reads one binary-protocol value of `type`, without the length some types have in front.
/// An unknown type is a failure of the cursor.
bytes_view read_binary_value(cursor& in, field_type type) noexcept;

/// Appends a COM_QUERY, command byte included, with an empty attribute list where one is due.
void encode_query(std::string_view sql, std::uint32_t capabilities, writer& out);

}  // namespace protocol
