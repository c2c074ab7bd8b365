#pragma once

#include <cstdint>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

/// COM_STMT_EXECUTE:
///
///   0x17, statement id u32, flags u8, iteration count u32 (1)
///   if the statement has parameters, or flag parameter_count_available with
///   CLIENT_QUERY_ATTRIBUTES:
///     with CLIENT_QUERY_ATTRIBUTES: lenenc parameter count n (those of the statement come first)
///     if n > 0: null bitmap (n+7)/8, bind flag u8,
///               with bind flag 1: n times { type u16; with CLIENT_QUERY_ATTRIBUTES: lenenc name },
///               values of those that are neither NULL nor sent as long data

namespace protocol {

namespace execute_flag {
inline constexpr std::uint8_t cursor_mask =
    0x07;  // any of: read only 1, for update 2, scrollable 4
inline constexpr std::uint8_t parameter_count_available = 0x08;
}  // namespace execute_flag

/// Where the parts of a COM_STMT_EXECUTE are.  Views point into the payload.
struct execute_layout {
    static constexpr std::size_t statement_id_at = 1;

    std::uint32_t statement_id = 0;
    std::uint8_t flags = 0;
    std::uint32_t iteration_count = 1;
    std::uint32_t parameter_count = 0;  // query attributes included
    bytes_view null_bitmap{};
    bool types_bound = false;  // new_params_bind_flag
    bytes_view types{};        // empty unless types_bound
    bytes_view own_types{};    // of those, the statement's own: for the next execution without them
    bytes_view values{};

    bool opens_cursor() const noexcept { return (flags & execute_flag::cursor_mask) != 0; }
};

/// `parameters` is what COM_STMT_PREPARE answered.  The values are located, not parsed: their types
/// may be known from an earlier execution only.
/// What follows an execution without parameters is ignored, as MySQL does.
/// Errors: truncated, malformed, limit_exceeded.
result<execute_layout> decode_execute(bytes_view payload, std::uint16_t parameters,
                                      std::uint32_t capabilities);

/// Overwrites the statement id of a COM_STMT_EXECUTE, _FETCH, _RESET, _CLOSE or _SEND_LONG_DATA
/// payload; false if it is too short to have one.
bool rewrite_statement_id(std::span<std::uint8_t> payload, std::uint32_t statement_id) noexcept;

/// The statement id of such a payload.
result<std::uint32_t> decode_statement_id(bytes_view payload);

/// Appends the same execution for another statement id, types spelled out: `remembered_types` where
/// the client left them out.  They must be the own_types of a decode_execute() with the same
/// statement and capabilities, and `value` without query attributes.
void encode_execute_with_types(const execute_layout& value, std::uint32_t statement_id,
                               bytes_view remembered_types, std::uint32_t capabilities,
                               writer& out);

}  // namespace protocol
