// Binary DECIMAL: groups of nine digits in four bytes, big-endian, counted from the decimal point
// both ways; the outermost group of either side takes as many bytes as its digits need.  The first
// bit is inverted, and of a negative number all bits are, so that bytes sort as numbers do.

#include "protocol/decimal.hpp"

#include <array>

namespace protocol {
namespace {

constexpr unsigned group_digits = 9;
constexpr std::size_t group_bytes = 4;
constexpr std::array<std::uint8_t, group_digits + 1> bytes_of_digits{0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
constexpr std::array<std::uint32_t, group_digits + 1> powers_of_ten{
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

/// Takes groups from the front of a number and appends their digits to its text.
class group_reader {
public:
    group_reader(bytes_view data, std::string& text)
        : data_(data), negative_((data[0] & 0x80) == 0), text_(text) {}

    bool negative() const { return negative_; }

    /// False if the group's value has more digits than the group.
    bool take(unsigned digits) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < bytes_of_digits[digits]; ++i) value = value << 8 | byte();
        if (value >= powers_of_ten[digits]) return false;
        std::array<char, group_digits> printed{};
        for (unsigned i = digits; i-- > 0; value /= 10)
            printed[i] = static_cast<char>('0' + value % 10);
        text_.append(printed.data(), digits);
        return true;
    }

private:
    std::uint32_t byte() {
        std::uint8_t byte = data_[position_];
        if (position_ == 0) byte ^= 0x80;
        ++position_;
        return negative_ ? static_cast<std::uint8_t>(~byte) : byte;
    }

    bytes_view data_;
    std::size_t position_ = 0;
    bool negative_;
    std::string& text_;
};

}  // namespace

std::size_t decimal_size(unsigned precision, unsigned scale) noexcept {
    if (precision == 0 || precision > decimal_precision_max) return 0;
    if (scale > decimal_scale_max || scale > precision) return 0;
    const unsigned whole = precision - scale;
    return whole / group_digits * group_bytes + bytes_of_digits[whole % group_digits] +
           scale / group_digits * group_bytes + bytes_of_digits[scale % group_digits];
}

result<std::string> decode_decimal(bytes_view data, unsigned precision, unsigned scale) {
    const std::size_t size = decimal_size(precision, scale);
    if (size == 0) return errc::malformed;
    if (data.size() != size) return errc::truncated;

    const unsigned whole = precision - scale;
    std::string digits;
    group_reader groups(data, digits);
    bool valid = groups.take(whole % group_digits);
    for (unsigned i = 0; i < whole / group_digits; ++i) valid = groups.take(group_digits) && valid;
    for (unsigned i = 0; i < scale / group_digits; ++i) valid = groups.take(group_digits) && valid;
    valid = groups.take(scale % group_digits) && valid;
    if (!valid) return errc::malformed;

    std::string text = groups.negative() ? "-" : "";
    const std::size_t first = digits.find_first_not_of('0');
    if (first >= whole)
        text += '0';
    else
        text.append(digits, first, whole - first);
    if (scale > 0) {
        text += '.';
        text.append(digits, whole, scale);
    }
    return text;
}

}  // namespace protocol
