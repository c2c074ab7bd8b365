#include "protocol/column_definition.hpp"

// lenenc catalog ("def"), schema, table, original table, name, original name; lenenc 12;
// collation u16, length u32, type u8, flags u16, decimals u8, 2 zeros;
// for COM_FIELD_LIST: lenenc default value or 0xfb

namespace protocol {
namespace {

constexpr std::string_view catalog = "def";
constexpr std::uint64_t fixed_fields_size = 12;

}  // namespace

result<column_definition> decode_column_definition(bytes_view payload) {
    cursor in(payload);
    if (in.lenenc_text() != catalog) return in.failed() ? errc::truncated : errc::malformed;
    column_definition out;
    out.schema = in.lenenc_text();
    out.table = in.lenenc_text();
    out.org_table = in.lenenc_text();
    out.name = in.lenenc_text();
    out.org_name = in.lenenc_text();
    const std::uint64_t fixed_size = in.lenenc();
    out.collation = in.u16();
    out.length = in.u32();
    out.type = static_cast<field_type>(in.u8());
    out.flags = in.u16();
    out.decimals = in.u8();
    in.skip(2);
    if (!in.at_end()) out.default_value = in.nullable_text();
    if (in.failed()) return errc::truncated;
    if (fixed_size != fixed_fields_size) return errc::malformed;
    if (!in.at_end()) return errc::trailing_bytes;
    return out;
}

void encode(const column_definition& value, writer& out) {
    out.lenenc_text(catalog);
    out.lenenc_text(value.schema);
    out.lenenc_text(value.table);
    out.lenenc_text(value.org_table);
    out.lenenc_text(value.name);
    out.lenenc_text(value.org_name);
    out.lenenc(fixed_fields_size);
    out.u16(value.collation);
    out.u32(value.length);
    out.u8(static_cast<std::uint8_t>(value.type));
    out.u16(value.flags);
    out.u8(value.decimals);
    out.zeros(2);
    if (!value.default_value) return;
    if (const auto& text = *value.default_value)
        out.lenenc_text(*text);
    else
        out.u8(0xfb);
}

}  // namespace protocol
