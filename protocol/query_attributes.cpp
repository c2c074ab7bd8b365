#include "protocol/query_attributes.hpp"

#include <algorithm>

#include "protocol/capabilities.hpp"
#include "protocol/command.hpp"

namespace protocol {

namespace {

/// A server cuts a text that is longer than what follows, and takes NULL's prefix for such a length
/// (tried on 9.7).
bytes_view text_or_rest(cursor& in) noexcept {
    constexpr std::uint8_t null_prefix = 0xfb;
    if (in.peek() == null_prefix) {
        in.skip(1);
        return in.rest_bytes();
    }
    const std::uint64_t size = in.lenenc();
    return in.bytes(static_cast<std::size_t>(std::min<std::uint64_t>(size, in.remaining())));
}

}  // namespace

bytes_view read_binary_value(cursor& in, field_type type) noexcept {
    switch (type) {
        case field_type::null:
            return {};
        case field_type::tiny:
        case field_type::bool_:
            return in.bytes(1);
        case field_type::short_:
        case field_type::year:
            return in.bytes(2);
        case field_type::long_:
        case field_type::int24:
        case field_type::float_:
            return in.bytes(4);
        case field_type::longlong:
        case field_type::double_:
            return in.bytes(8);
        case field_type::date:
        case field_type::datetime:
        case field_type::timestamp:
        case field_type::time:
            return in.bytes(in.u8());
        case field_type::decimal:
        case field_type::varchar:
        case field_type::bit:
        case field_type::vector:
        case field_type::json:
        case field_type::newdecimal:
        case field_type::enum_:
        case field_type::set:
        case field_type::tiny_blob:
        case field_type::medium_blob:
        case field_type::long_blob:
        case field_type::blob:
        case field_type::var_string:
        case field_type::string:
        case field_type::geometry:
            return text_or_rest(in);
    }
    in.fail();
    return {};
}

bool query_attribute_reader::next() noexcept {
    if (index_ == count_ || failed()) return false;
    const std::uint16_t type = types_.u16();
    attribute_.name = types_.lenenc_text();
    attribute_.type = static_cast<field_type>(type & 0xff);
    attribute_.is_unsigned = (type & unsigned_parameter) != 0;
    const std::size_t byte = index_ / 8;
    const bool stated_null =
        byte < null_bitmap_.size() && (null_bitmap_[byte] >> (index_ % 8) & 1) != 0;
    attribute_.is_null = stated_null || attribute_.type == field_type::null;
    attribute_.value = {};
    if (types_.failed()) return false;
    if (!attribute_.is_null) attribute_.value = read_binary_value(values_, attribute_.type);
    ++index_;
    return !failed();
}

namespace {

/// Reads the types and names of `count` attributes; the bytes they take.
bytes_view read_types(cursor& in, bytes_view payload, std::uint32_t count) noexcept {
    const std::size_t start = in.position();
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
        in.skip(2);
        in.lenenc_bytes();
    }
    return in.failed() ? bytes_view{} : payload.subspan(start, in.position() - start);
}

result<void> read_attributes(cursor& in, bytes_view payload, query_layout& out) {
    out.null_bitmap = in.bytes((out.attribute_count + 7) / 8);
    const std::uint8_t bind_flag = in.u8();
    if (in.failed()) return errc::truncated;
    // Attributes have no earlier execution from which their types could be known.
    if (bind_flag != 1) return errc::malformed;
    out.types = read_types(in, payload, out.attribute_count);
    if (in.failed()) return errc::truncated;

    // The values are as long as the types say, and the SQL begins behind them.
    const std::size_t start = in.position();
    query_attribute_reader attributes(out.attribute_count, out.null_bitmap, out.types,
                                      payload.subspan(start));
    while (attributes.next()) {
    }
    if (attributes.failed()) return errc::truncated;
    out.values = in.bytes(attributes.values_size());
    return {};
}

}  // namespace

result<query_layout> decode_query(bytes_view payload, std::uint32_t capabilities) {
    cursor in(payload);
    if (in.u8() != static_cast<std::uint8_t>(command::query))
        return in.failed() ? errc::truncated : errc::unexpected_header;
    query_layout out;
    if (capability::has(capabilities, capability::query_attributes)) {
        const std::uint64_t count = in.lenenc();
        const std::uint64_t sets = in.lenenc();
        if (in.failed()) return errc::truncated;
        if (sets != 1) return errc::malformed;
        if (count > parameters_max) return errc::limit_exceeded;
        out.attribute_count = static_cast<std::uint32_t>(count);
        if (count > 0)
            if (const auto read = read_attributes(in, payload, out); !read) return read.error();
    }
    out.sql_at = in.position();
    out.sql = in.rest();
    return out;
}

void encode_query(std::string_view sql, std::uint32_t capabilities, writer& out) {
    out.u8(static_cast<std::uint8_t>(command::query));
    if (capability::has(capabilities, capability::query_attributes)) {
        out.lenenc(0);
        out.lenenc(1);
    }
    out.text(sql);
}

}  // namespace protocol
