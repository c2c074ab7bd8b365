#include "router/identifier.hpp"

#include <algorithm>

namespace router {
namespace {

bool ascii(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x80;
}

// What two spellings of one name have in common; see may_be_same().
bool is_firm(char c) noexcept {
    return ascii(c) && c != 'k' && c != 'i' && c != 's';
}

}  // namespace

bool is_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), ascii);
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool may_be_same(std::string_view a, std::string_view b) noexcept {
    if (a == b) return true;
    if (is_ascii(a) && is_ascii(b)) return false;
    const auto skip_soft = [](auto& at, auto end) { at = std::find_if(at, end, is_firm); };
    auto in_a = a.begin();
    auto in_b = b.begin();
    for (;; ++in_a, ++in_b) {
        skip_soft(in_a, a.end());
        skip_soft(in_b, b.end());
        if (in_a == a.end() || in_b == b.end()) return in_a == a.end() && in_b == b.end();
        if (*in_a != *in_b) return false;
    }
}

}  // namespace router
