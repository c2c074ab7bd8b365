#include <algorithm>
#include <cstdlib>

#include "protocol/proxy_header.hpp"

/// Any bytes: what is decoded fits the input, does not change with what follows it, and comes back
/// from its encoding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace protocol;
    const bytes_view input(data, size);
    const auto decoded = decode_proxy_header(input);
    if (!decoded) return 0;
    if (!*decoded) {
        // More bytes may complete it, but not for ever.
        if (size >= proxy_header_v2_bytes_max) std::abort();
        return 0;
    }
    const decoded_proxy_header& found = **decoded;
    if (found.size > size || found.size > proxy_header_v2_bytes_max) std::abort();
    // One byte less is not enough, and no error either.
    const auto cut = decode_proxy_header(input.first(found.size - 1));
    if (!cut || cut->has_value()) std::abort();

    writer out;
    encode_v2(found.header, out);
    const auto again = decode_proxy_header(out.view());
    if (!again || !*again || (*again)->size != out.size() || (*again)->header != found.header)
        std::abort();
    return 0;
}
