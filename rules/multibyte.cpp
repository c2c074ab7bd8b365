#include "rules/multibyte.hpp"

namespace rules {
namespace {

constexpr bool within(unsigned char c, int first, int last) {
    return c >= first && c <= last;
}

// As the server's character sets have them (ismbchar).  The four-byte form of gb18030 has a digit
// second and then another lead byte, so none of its bytes misleads.
bool is_pair(unsigned char lead, unsigned char trail, multibyte charset) {
    const bool low = within(trail, 0x40, 0x7e);
    switch (charset) {
        case multibyte::none:
            return false;
        case multibyte::big5:
            return within(lead, 0xa1, 0xf9) && (low || within(trail, 0xa1, 0xfe));
        case multibyte::gbk:
        case multibyte::gb18030:
            return within(lead, 0x81, 0xfe) && (low || within(trail, 0x80, 0xfe));
        case multibyte::sjis:
            return (within(lead, 0x81, 0x9f) || within(lead, 0xe0, 0xfc)) &&
                   (low || within(trail, 0x80, 0xfc));
    }
    return false;
}

}  // namespace

std::size_t multibyte_size(std::string_view text, std::size_t i, multibyte charset) {
    if (text.size() - i < 2) return 1;
    const auto lead = static_cast<unsigned char>(text[i]);
    const auto trail = static_cast<unsigned char>(text[i + 1]);
    return is_pair(lead, trail, charset) ? 2 : 1;
}

}  // namespace rules
