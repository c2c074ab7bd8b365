// GTID sets from text and from bytes: what can be read can be written and read again.

#include <cstdlib>

#include "protocol/gtid_set.hpp"

using namespace protocol;

namespace {

void check(const gtid_set& set) {
    writer out;
    set.encode(out);
    const auto decoded = gtid_set::decode(out.view());
    const auto parsed = gtid_set::parse(set.to_string());
    if (!decoded || *decoded != set) std::abort();
    if (!parsed || *parsed != set) std::abort();
    if (!set.contains(set) || !(set - set).empty() || (set & set) != set) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const bytes_view input(data, size);
    if (const auto set = gtid_set::parse(as_text(input))) check(*set);
    if (const auto set = gtid_set::decode(input)) check(*set);
    return 0;
}
