#include "protocol/proxy_header.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace protocol {
namespace {

using maybe_header = result<std::optional<decoded_proxy_header>>;

constexpr std::array<std::uint8_t, 12> v2_signature{0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                                    0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr std::size_t v2_fixed_size = 16;
constexpr std::string_view v1_signature = "PROXY ";

constexpr std::size_t v4_size = 4;
constexpr std::size_t v6_size = 16;

// The low half of the first byte, and the second byte.
constexpr std::uint8_t v2_local = 0x20;
constexpr std::uint8_t v2_proxy = 0x21;
constexpr std::uint8_t family_unspecified = 0x00;
constexpr std::uint8_t family_tcp4 = 0x11;
constexpr std::uint8_t family_tcp6 = 0x21;
constexpr std::uint8_t family_unix_stream = 0x31;
constexpr std::size_t unix_addresses_size = 2 * 108;

/// Whether `input` may go on to be, or is, what begins with `signature`.
bool begins_like(bytes_view input, bytes_view signature) noexcept {
    const std::size_t size = std::min(input.size(), signature.size());
    return std::ranges::equal(input.first(size), signature.first(size));
}

/// Takes off what is in front of the next `separator`, or all.
std::string_view next_word(std::string_view& text) noexcept {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return word;
}

bool read_address(std::string_view text, bool is_v6, network_endpoint& out) {
    out.is_v6 = is_v6;
    const std::string terminated(text);
    // A NUL would end the text early for inet_pton.
    if (text.find('\0') != text.npos) return false;
    return inet_pton(is_v6 ? AF_INET6 : AF_INET, terminated.c_str(), out.address.data()) == 1;
}

bool read_port(std::string_view text, network_endpoint& out) noexcept {
    if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, out.port);
    return read.ec == std::errc() && read.ptr == end;
}

maybe_header decode_v1(bytes_view input) {
    const std::string_view text =
        as_text(input.first(std::min(input.size(), proxy_header_v1_bytes_max)));
    const std::size_t end = text.find('\n');
    if (end == text.npos) {
        if (input.size() >= proxy_header_v1_bytes_max) return errc::too_long;
        return std::optional<decoded_proxy_header>();
    }
    if (text[end - 1] != '\r') return errc::malformed;
    std::string_view line = text.substr(0, end - 1);
    line.remove_prefix(v1_signature.size());

    decoded_proxy_header out{.size = end + 1};
    const std::string_view family = next_word(line);
    if (family == "UNKNOWN") return std::optional(out);  // whatever else it says is to be ignored
    if (family != "TCP4" && family != "TCP6") return errc::malformed;
    const bool is_v6 = family == "TCP6";
    connection_ends& ends = out.header.passed_on.emplace();
    const bool addresses = read_address(next_word(line), is_v6, ends.source) &&
                           read_address(next_word(line), is_v6, ends.destination);
    const bool ports = addresses && read_port(next_word(line), ends.source);
    // What is left is the last word: it may hold no space.
    if (!ports || !read_port(line, ends.destination)) return errc::malformed;
    return std::optional(out);
}

void read_address(cursor& in, bool is_v6, network_endpoint& out) noexcept {
    out.is_v6 = is_v6;
    std::ranges::copy(in.bytes(is_v6 ? v6_size : v4_size), out.address.begin());
}

std::uint16_t big_endian_u16(cursor& in) noexcept {
    const std::uint8_t high = in.u8();
    return static_cast<std::uint16_t>(high << 8 | in.u8());
}

/// The type-length-value fields behind the addresses: none is needed, but they must fill the rest.
bool fields_fit(cursor& in) noexcept {
    while (!in.at_end()) {
        in.skip(1);
        in.skip(big_endian_u16(in));
        if (in.failed()) return false;
    }
    return true;
}

maybe_header decode_v2(bytes_view input) {
    if (input.size() < v2_fixed_size) return std::optional<decoded_proxy_header>();
    cursor fixed(input.subspan(v2_signature.size()));
    const std::uint8_t command = fixed.u8();
    const std::uint8_t family = fixed.u8();
    const std::size_t rest = big_endian_u16(fixed);
    if (command != v2_local && command != v2_proxy) return errc::malformed;
    if (v2_fixed_size + rest > proxy_header_v2_bytes_max) return errc::too_long;
    if (input.size() - v2_fixed_size < rest) return std::optional<decoded_proxy_header>();

    decoded_proxy_header out{.size = v2_fixed_size + rest};
    // Of the sender's own connection nothing behind the size is to be looked at.
    if (command == v2_local) return std::optional(out);
    cursor in(input.subspan(v2_fixed_size, rest));
    switch (family) {
        case family_tcp4:
        case family_tcp6: {
            connection_ends& ends = out.header.passed_on.emplace();
            read_address(in, family == family_tcp6, ends.source);
            read_address(in, family == family_tcp6, ends.destination);
            ends.source.port = big_endian_u16(in);
            ends.destination.port = big_endian_u16(in);
            break;
        }
        case family_unix_stream:
            in.skip(unix_addresses_size);
            break;
        case family_unspecified:
            return std::optional(out);
        default:  // datagrams carry no MySQL
            return errc::malformed;
    }
    if (in.failed() || !fields_fit(in)) return errc::malformed;
    return std::optional(out);
}

void write_address(const network_endpoint& from, writer& out) {
    out.bytes(bytes_view(from.address).first(from.is_v6 ? v6_size : v4_size));
}

void write_big_endian_u16(std::size_t value, writer& out) {
    out.u8(static_cast<std::uint8_t>(value >> 8));
    out.u8(static_cast<std::uint8_t>(value));
}

}  // namespace

maybe_header decode_proxy_header(bytes_view input) {
    if (begins_like(input, v2_signature)) return decode_v2(input);
    if (!begins_like(input, as_bytes(v1_signature))) return errc::malformed;
    if (input.size() < v1_signature.size()) return std::optional<decoded_proxy_header>();
    return decode_v1(input);
}

void encode_v2(const proxy_header& header, writer& out) {
    out.bytes(v2_signature);
    out.u8(header.passed_on ? v2_proxy : v2_local);
    if (!header.passed_on) {
        out.u8(family_unspecified);
        return write_big_endian_u16(0, out);
    }
    const connection_ends& ends = *header.passed_on;
    const bool is_v6 = ends.source.is_v6;
    out.u8(is_v6 ? family_tcp6 : family_tcp4);
    write_big_endian_u16(2 * (is_v6 ? v6_size : v4_size) + 2 * sizeof(std::uint16_t), out);
    write_address(ends.source, out);
    write_address(ends.destination, out);
    write_big_endian_u16(ends.source.port, out);
    write_big_endian_u16(ends.destination.port, out);
}

}  // namespace protocol
