#include "protocol/sql_literal.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/bytes.hpp"
#include "protocol/collations.hpp"

namespace protocol {
namespace {

void append_hex(std::string& out, std::string_view bytes) {
    static constexpr char digits[] = "0123456789ABCDEF";
    out += "X'";
    for (const std::uint8_t byte : as_bytes(bytes)) {
        out += digits[byte >> 4];
        out += digits[byte & 0xf];
    }
    out += '\'';
}

void append_quoted(std::string& out, std::string_view text) {
    out += '\'';
    for (const char c : text) {
        switch (c) {
            case '\0':
                out += "\\0";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\x1a':
                out += "\\Z";
                break;
            case '\'':
            case '\\':
                out += '\\';
                [[fallthrough]];
            default:
                out += c;
        }
    }
    out += '\'';
}

/// True if a statement in utf8mb4 may hold text of this character set between quotes: no byte of a
/// quote or backslash is ever part of a longer character, for the server's lexer or in the text.
bool may_be_quoted(std::string_view charset) {
    constexpr std::array<std::string_view, 4> quotable{"utf8mb4", "utf8mb3", "latin1", "ascii"};
    return std::find(quotable.begin(), quotable.end(), charset) != quotable.end();
}

/// Prints as few digits as tell the number from all other doubles.  A FLOAT is printed as the
/// double that it is, too: with its own fewest digits, the largest one would be out of range.
/// The exponent makes it a DOUBLE literal, and keeps the sign of -0.
void append_double(std::string& out, double value) {
    std::array<char, 32> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
    out.append(text.data(), end.ptr);
}

struct literal_writer {
    std::string& out;

    void operator()(absent_value) const { out += "DEFAULT"; }
    void operator()(null_value) const { out += "NULL"; }
    void operator()(std::int64_t value) const { out += std::to_string(value); }
    void operator()(std::uint64_t value) const { out += std::to_string(value); }
    void operator()(float_value value) const { append_double(out, value.value); }
    void operator()(double_value value) const { append_double(out, value.value); }
    void operator()(const decimal_value& value) const { out += value.text; }
    void operator()(const temporal_value& value) const { append_quoted(out, value.text); }
    void operator()(year_value value) const { out += std::to_string(value.year); }
    void operator()(enum_value value) const { out += std::to_string(value.index); }
    void operator()(set_value value) const { out += std::to_string(value.bits); }
    void operator()(bit_value value) const { out += std::to_string(value.bits); }

    void operator()(const string_value& value) const {
        const std::string_view charset = charset_name(value.collation);
        if (charset.empty()) return append_hex(out, value.bytes);
        out += '_';
        out += charset;
        if (may_be_quoted(charset)) return append_quoted(out, value.bytes);
        out += ' ';
        append_hex(out, value.bytes);
    }

    void operator()(const bytes_value& value) const { append_hex(out, value.bytes); }

    void operator()(const json_value& value) const {
        out += "CAST(_utf8mb4";
        append_quoted(out, value.text);
        out += " AS JSON)";
    }

    void operator()(const geometry_value& value) const { append_hex(out, value.bytes); }
    void operator()(const vector_value& value) const { append_hex(out, value.bytes); }
};

}  // namespace

void append_sql_literal(std::string& out, const column_value& value) {
    std::visit(literal_writer{out}, value);
}

void append_sql_string(std::string& out, std::string_view utf8) {
    out += "_utf8mb4";
    append_quoted(out, utf8);
}

}  // namespace protocol
