#include "tests/equivalence/execution.hpp"

#include <bit>
#include <charconv>
#include <cstdio>

#include "protocol/bytes.hpp"
#include "protocol/command.hpp"
#include "protocol/field_type.hpp"

namespace equivalence {
namespace {

using kind = parameter::kind;

constexpr std::uint8_t read_only_cursor = 1;
constexpr std::uint16_t unsigned_flag = 0x8000;

std::uint16_t wire_type(kind type) {
    using protocol::field_type;
    switch (type) {
        case kind::null:
            return static_cast<std::uint16_t>(field_type::null);
        case kind::tiny:
            return static_cast<std::uint16_t>(field_type::tiny);
        case kind::short_:
            return static_cast<std::uint16_t>(field_type::short_);
        case kind::int_:
            return static_cast<std::uint16_t>(field_type::long_);
        case kind::bigint:
            return static_cast<std::uint16_t>(field_type::longlong);
        case kind::ubigint:
            return static_cast<std::uint16_t>(field_type::longlong) | unsigned_flag;
        case kind::double_:
            return static_cast<std::uint16_t>(field_type::double_);
        case kind::text:
            return static_cast<std::uint16_t>(field_type::var_string);
        case kind::blob:
        case kind::long_data:
            return static_cast<std::uint16_t>(field_type::blob);
        case kind::date:
            return static_cast<std::uint16_t>(field_type::date);
        case kind::datetime:
            return static_cast<std::uint16_t>(field_type::datetime);
        case kind::time:
            return static_cast<std::uint16_t>(field_type::time);
    }
    return 0;
}

template <class Number>
Number read(const parameter& value) {
    Number number{};
    const char* const end = value.value.data() + value.value.size();
    if (std::from_chars(value.value.data(), end, number).ptr != end)
        throw bad_script("'" + value.value + "' is no number of its type");
    return number;
}

unsigned part(const std::string& text, std::size_t at, std::size_t size) {
    unsigned number = 0;
    if (at + size <= text.size())
        std::from_chars(text.data() + at, text.data() + at + size, number);
    return number;
}

// As "2026-01-31" or "2026-01-31 12:30:59".
void encode_date(const std::string& text, protocol::writer& out) {
    const bool with_time = text.size() > 10;
    out.u8(with_time ? 7 : 4);
    out.u16(static_cast<std::uint16_t>(part(text, 0, 4)));
    out.u8(static_cast<std::uint8_t>(part(text, 5, 2)));
    out.u8(static_cast<std::uint8_t>(part(text, 8, 2)));
    if (!with_time) return;
    out.u8(static_cast<std::uint8_t>(part(text, 11, 2)));
    out.u8(static_cast<std::uint8_t>(part(text, 14, 2)));
    out.u8(static_cast<std::uint8_t>(part(text, 17, 2)));
}

// As "12:30:59".
void encode_time(const std::string& text, protocol::writer& out) {
    out.u8(8);
    out.u8(0);   // not negative
    out.u32(0);  // days
    out.u8(static_cast<std::uint8_t>(part(text, 0, 2)));
    out.u8(static_cast<std::uint8_t>(part(text, 3, 2)));
    out.u8(static_cast<std::uint8_t>(part(text, 6, 2)));
}

void encode_value(const parameter& value, protocol::writer& out) {
    switch (value.type) {
        case kind::null:
        case kind::long_data:
            break;
        case kind::tiny:
            out.fixed(static_cast<std::uint64_t>(read<std::int64_t>(value)), 1);
            break;
        case kind::short_:
            out.fixed(static_cast<std::uint64_t>(read<std::int64_t>(value)), 2);
            break;
        case kind::int_:
            out.fixed(static_cast<std::uint64_t>(read<std::int64_t>(value)), 4);
            break;
        case kind::bigint:
            out.u64(static_cast<std::uint64_t>(read<std::int64_t>(value)));
            break;
        case kind::ubigint:
            out.u64(read<std::uint64_t>(value));
            break;
        case kind::double_:
            out.u64(std::bit_cast<std::uint64_t>(read<double>(value)));
            break;
        case kind::text:
        case kind::blob:
            out.lenenc_text(value.value);
            break;
        case kind::date:
        case kind::datetime:
            encode_date(value.value, out);
            break;
        case kind::time:
            encode_time(value.value, out);
            break;
    }
}

}  // namespace

std::vector<std::uint8_t> encode_execution(const step& one, std::uint32_t statement_id) {
    std::vector<std::uint8_t> payload;
    protocol::writer out(payload);
    out.u8(static_cast<std::uint8_t>(protocol::command::stmt_execute));
    out.u32(statement_id);
    out.u8(one.cursor ? read_only_cursor : std::uint8_t{0});
    out.u32(1);
    if (one.parameters.empty()) return payload;
    std::vector<std::uint8_t> nulls((one.parameters.size() + 7) / 8);
    for (std::size_t i = 0; i < one.parameters.size(); ++i)
        if (one.parameters[i].type == kind::null)
            nulls[i / 8] = static_cast<std::uint8_t>(nulls[i / 8] | 1u << i % 8);
    out.bytes(nulls);
    out.u8(one.types_left_out ? 0 : 1);
    if (!one.types_left_out)
        for (const parameter& value : one.parameters) out.u16(wire_type(value.type));
    for (const parameter& value : one.parameters) encode_value(value, out);
    return payload;
}

}  // namespace equivalence
