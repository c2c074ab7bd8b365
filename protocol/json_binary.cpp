// The binary form of JSON documents: a type byte and a value.
//
//     0, 1  object, small and large     2, 3  array, small and large
//     4     literal (0 null, 1 true, 2 false)
//     5..a  i16 u16 i32 u32 i64 u64     b     double
//     c     string: size, bytes         f     opaque: column type, size, bytes
//
// Sizes of strings and opaque values have seven bits a byte, the lowest first, and a high bit on
// all bytes but the last.  Containers, with integers of two bytes when small, four when large:
//
//     count, size, { key offset, u16 key size } if it is an object, { type, value or offset }, data
//
// Offsets count from the container's count.  Literals and integers that fit stand in place of
// their offset.

#include "protocol/json_binary.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "protocol/decimal.hpp"
#include "protocol/row_temporal.hpp"

namespace protocol {
namespace {

enum class json_type : std::uint8_t {
    small_object = 0,
    large_object = 1,
    small_array = 2,
    large_array = 3,
    literal = 4,
    int16 = 5,
    uint16 = 6,
    int32 = 7,
    uint32 = 8,
    int64 = 9,
    uint64 = 10,
    real = 11,
    string = 12,
    opaque = 15,
};

// The column types of opaque values that print as something else than their bytes.
enum class opaque_type : std::uint8_t {
    timestamp = 7,
    date = 10,
    time = 11,
    datetime = 12,
    decimal = 246,
};

void append_quoted(std::string& out, std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"':
            case '\\':
                out += '\\';
                out += c;
                break;
            case '\b':
                out += "\\b";
                break;
            case '\f':
                out += "\\f";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += "\\u00";
                    out += hex[c >> 4];
                    out += hex[c & 0xf];
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

void append_base64(std::string& out, bytes_view data) {
    static constexpr char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < data.size(); i += 3) {
        const std::size_t size = std::min<std::size_t>(3, data.size() - i);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < size ? data[i + k] : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= size ? alphabet[bits >> (18 - 6 * k) & 0x3f] : '=';
    }
}

/// Prints as few digits as tell the number from all others, and always as a double: with a point
/// or an exponent.  Which of the two is MySQL's choice: the exponent for less than 1e-15, and from
/// 1e15 on if no digit would stand behind the point.
void append_double(std::string& out, double value) {
    std::array<char, 32> scientific{};
    const auto printed = std::to_chars(scientific.data(), scientific.data() + scientific.size(),
                                       std::abs(value), std::chars_format::scientific);
    const std::string_view text(scientific.data(),
                                static_cast<std::size_t>(printed.ptr - scientific.data()));
    const std::size_t e = text.find('e');
    std::string digits(text.substr(0, e));
    std::erase(digits, '.');
    int exponent = 0;
    const std::size_t sign_size = text[e + 1] == '+' ? 1 : 0;
    std::from_chars(text.data() + e + 1 + sign_size, text.data() + text.size(), exponent);

    if (std::signbit(value)) out += '-';
    const int count = static_cast<int>(digits.size());
    const int point = exponent + 1;  // digits in front of the decimal point
    if (value == 0) {
        out += "0.0";
    } else if (point < -14 || (point > 15 && count <= point)) {
        out += digits[0];
        if (count > 1) out.append(1, '.').append(digits, 1);
        out.append(1, 'e').append(std::to_string(exponent));
    } else if (point <= 0) {
        out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
    } else if (count <= point) {
        out.append(digits).append(static_cast<std::size_t>(point - count), '0').append(".0");
    } else {
        out.append(digits, 0, static_cast<std::size_t>(point)).append(1, '.');
        out.append(digits, static_cast<std::size_t>(point));
    }
}

class json_printer {
public:
    explicit json_printer(std::size_t text_size_max) : text_size_max_(text_size_max) {}

    std::string& text() { return text_; }

    /// Prints the value at the start of `data`, which may go on behind it.
    result<void> print(std::uint8_t type, bytes_view data, std::size_t depth) {
        if (text_.size() > text_size_max_) return errc::limit_exceeded;
        cursor in(data);
        switch (static_cast<json_type>(type)) {
            case json_type::small_object:
                return print_container({data, 2, true}, depth);
            case json_type::large_object:
                return print_container({data, 4, true}, depth);
            case json_type::small_array:
                return print_container({data, 2, false}, depth);
            case json_type::large_array:
                return print_container({data, 4, false}, depth);
            case json_type::literal:
                return print_literal(in);
            case json_type::int16:
                text_ += std::to_string(static_cast<std::int16_t>(in.u16()));
                break;
            case json_type::uint16:
                text_ += std::to_string(in.u16());
                break;
            case json_type::int32:
                text_ += std::to_string(static_cast<std::int32_t>(in.u32()));
                break;
            case json_type::uint32:
                text_ += std::to_string(in.u32());
                break;
            case json_type::int64:
                text_ += std::to_string(static_cast<std::int64_t>(in.u64()));
                break;
            case json_type::uint64:
                text_ += std::to_string(in.u64());
                break;
            case json_type::real:
                return print_double(in);
            case json_type::string:
                append_quoted(text_, as_text(sized_bytes(in)));
                break;
            case json_type::opaque:
                return print_opaque(in);
            default:
                return errc::malformed;
        }
        if (in.failed()) return errc::truncated;
        return {};
    }

private:
    struct container {
        bytes_view data;
        std::size_t width;  // of its integers
        bool is_object;
    };

    static bytes_view sized_bytes(cursor& in) {
        constexpr unsigned size_bits_max = 32;
        std::uint64_t size = 0;
        for (unsigned shift = 0; shift < size_bits_max; shift += 7) {
            const std::uint8_t byte = in.u8();
            size |= std::uint64_t{byte & 0x7fU} << shift;
            if ((byte & 0x80) == 0) return in.bytes(size);
        }
        in.fail();
        return {};
    }

    static bool is_inlined(std::uint8_t type, std::size_t width) {
        switch (static_cast<json_type>(type)) {
            case json_type::literal:
            case json_type::int16:
            case json_type::uint16:
                return true;
            case json_type::int32:
            case json_type::uint32:
                return width == 4;
            default:
                return false;
        }
    }

    result<void> print_literal(cursor& in) {
        constexpr std::array<std::string_view, 3> names{"null", "true", "false"};
        const std::uint8_t which = in.u8();
        if (in.failed()) return errc::truncated;
        if (which >= names.size()) return errc::malformed;
        text_ += names[which];
        return {};
    }

    result<void> print_double(cursor& in) {
        const auto value = std::bit_cast<double>(in.u64());
        if (in.failed()) return errc::truncated;
        if (!std::isfinite(value)) return errc::malformed;
        append_double(text_, value);
        return {};
    }

    result<void> print_container(container from, std::size_t depth) {
        if (depth >= json_depth_max) return errc::limit_exceeded;
        cursor in(from.data);
        const std::uint64_t count = in.fixed(from.width);
        const std::uint64_t size = in.fixed(from.width);
        if (in.failed() || size > from.data.size()) return errc::truncated;
        from.data = from.data.first(size);
        const std::size_t key_entry = from.is_object ? from.width + 2 : 0;
        const std::size_t value_entry = from.width + 1;
        const std::size_t head = 2 * from.width;
        if (size < head || count > (size - head) / (key_entry + value_entry))
            return errc::truncated;

        cursor keys(from.data.subspan(head));
        cursor values(from.data.subspan(head + count * key_entry));
        text_ += from.is_object ? '{' : '[';
        for (std::uint64_t i = 0; i < count; ++i) {
            if (i != 0) text_ += ", ";
            if (from.is_object) {
                if (const auto done = print_key(from, keys); !done) return done.error();
            }
            if (const auto done = print_entry(from, values, depth); !done) return done.error();
        }
        text_ += from.is_object ? '}' : ']';
        return {};
    }

    result<void> print_key(const container& from, cursor& keys) {
        const std::uint64_t offset = keys.fixed(from.width);
        const std::uint16_t size = keys.u16();
        if (offset > from.data.size() || size > from.data.size() - offset) return errc::truncated;
        append_quoted(text_, as_text(from.data.subspan(offset, size)));
        text_ += ": ";
        return {};
    }

    result<void> print_entry(const container& from, cursor& values, std::size_t depth) {
        const std::uint8_t type = values.u8();
        const bytes_view in_place = values.bytes(from.width);
        if (is_inlined(type, from.width)) return print(type, in_place, depth + 1);
        const std::uint64_t offset = cursor(in_place).fixed(from.width);
        if (offset > from.data.size()) return errc::truncated;
        return print(type, from.data.subspan(offset), depth + 1);
    }

    result<void> print_opaque(cursor& in) {
        const std::uint8_t type = in.u8();
        const bytes_view data = sized_bytes(in);
        if (in.failed()) return errc::truncated;
        cursor value(data);
        switch (static_cast<opaque_type>(type)) {
            case opaque_type::decimal: {
                const std::uint8_t precision = value.u8();
                const std::uint8_t scale = value.u8();
                auto text = decode_decimal(value.rest_bytes(), precision, scale);
                if (!text) return text.error();
                text_ += *text;
                return {};
            }
            case opaque_type::date:
                return print_temporal(packed_date_text(static_cast<std::int64_t>(value.u64())));
            case opaque_type::time:
                return print_temporal(packed_time_text(static_cast<std::int64_t>(value.u64())));
            case opaque_type::datetime:
            case opaque_type::timestamp:
                return print_temporal(packed_datetime_text(static_cast<std::int64_t>(value.u64())));
            default:
                text_.append("\"base64:type").append(std::to_string(type)).append(":");
                append_base64(text_, data);
                text_ += '"';
                return {};
        }
    }

    result<void> print_temporal(const result<std::string>& text) {
        if (!text) return text.error();
        text_.append(1, '"').append(*text).append(1, '"');
        return {};
    }

    std::size_t text_size_max_;
    std::string text_{};
};

}  // namespace

result<std::string> decode_json_binary(bytes_view document) {
    if (document.empty()) return std::string("null");
    // An honest document prints at most six times its size: a string of control characters.
    constexpr std::size_t growth_max = 16;
    json_printer printer(growth_max * document.size() + 64);
    const auto printed = printer.print(document[0], document.subspan(1), 0);
    if (!printed) return printed.error();
    return std::move(printer.text());
}

}  // namespace protocol
