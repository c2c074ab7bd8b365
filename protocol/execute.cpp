#include "protocol/execute.hpp"

#include <algorithm>

#include "protocol/capabilities.hpp"
#include "protocol/command.hpp"
#include "protocol/query_attributes.hpp"

namespace protocol {
namespace {

/// The types block of `count` parameters; with CLIENT_QUERY_ATTRIBUTES each has a name too.
bytes_view read_types(cursor& in, bytes_view payload, std::uint32_t count, bool named) noexcept {
    if (!named) return in.bytes(std::size_t{2} * count);
    const std::size_t start = in.position();
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
        in.skip(2);
        in.lenenc_bytes();
    }
    return in.failed() ? bytes_view{} : payload.subspan(start, in.position() - start);
}

bool has_parameter_count(std::uint8_t flags, std::uint16_t parameters, std::uint32_t capabilities) {
    const bool forced = (flags & execute_flag::parameter_count_available) != 0;
    return capability::has(capabilities, capability::query_attributes) &&
           (forced || parameters > 0);
}

}  // namespace

result<execute_layout> decode_execute(bytes_view payload, std::uint16_t parameters,
                                      std::uint32_t capabilities) {
    cursor in(payload);
    if (in.u8() != static_cast<std::uint8_t>(command::stmt_execute))
        return in.failed() ? errc::truncated : errc::unexpected_header;
    execute_layout out;
    out.statement_id = in.u32();
    out.flags = in.u8();
    out.iteration_count = in.u32();
    std::uint64_t count = parameters;
    if (has_parameter_count(out.flags, parameters, capabilities)) count = in.lenenc();
    if (in.failed()) return errc::truncated;
    if (count < parameters) return errc::malformed;
    if (count > parameters_max) return errc::limit_exceeded;
    out.parameter_count = static_cast<std::uint32_t>(count);

    if (count > 0) {
        out.null_bitmap = in.bytes((static_cast<std::size_t>(count) + 7) / 8);
        const std::uint8_t bind_flag = in.u8();
        if (bind_flag > 1) return errc::malformed;
        out.types_bound = bind_flag == 1;
        if (out.types_bound) {
            const bool named = capability::has(capabilities, capability::query_attributes);
            const std::size_t start = in.position();
            out.own_types = read_types(in, payload, parameters, named);
            read_types(in, payload, out.parameter_count - parameters, named);
            if (!in.failed()) out.types = payload.subspan(start, in.position() - start);
        }
        out.values = in.rest_bytes();
    }
    // Without parameters MySQL reads no further (tried on 9.7), and npm's mariadb sends a types
    // flag.
    if (in.failed()) return errc::truncated;
    return out;
}

bool rewrite_statement_id(std::span<std::uint8_t> payload, std::uint32_t statement_id) noexcept {
    constexpr std::size_t at = execute_layout::statement_id_at;
    if (payload.size() < at + sizeof(statement_id)) return false;
    for (std::size_t i = 0; i < sizeof(statement_id); ++i)
        payload[at + i] = static_cast<std::uint8_t>(statement_id >> (8 * i));
    return true;
}

result<std::uint32_t> decode_statement_id(bytes_view payload) {
    cursor in(payload);
    in.skip(execute_layout::statement_id_at);
    const std::uint32_t id = in.u32();
    if (in.failed()) return errc::truncated;
    return id;
}

void encode_execute_with_types(const execute_layout& value, std::uint32_t statement_id,
                               bytes_view remembered_types, std::uint32_t capabilities,
                               writer& out) {
    out.u8(static_cast<std::uint8_t>(command::stmt_execute));
    out.u32(statement_id);
    out.u8(value.flags);
    out.u32(value.iteration_count);
    const bool counted =
        capability::has(capabilities, capability::query_attributes) &&
        (value.parameter_count > 0 || (value.flags & execute_flag::parameter_count_available) != 0);
    if (counted) out.lenenc(value.parameter_count);
    if (value.parameter_count == 0) return;
    out.bytes(value.null_bitmap);
    out.u8(1);
    out.bytes(value.types_bound ? value.types : remembered_types);
    out.bytes(value.values);
}

}  // namespace protocol
