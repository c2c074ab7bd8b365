// Events one behind another, without checksums, down to the literals of their rows.

#include "decode_everything.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace protocol;
    binlog_test::decode_everything decode;
    for (bytes_view rest(data, size); !rest.empty();) {
        const auto event = take_event(rest, checksum_algorithm::none);
        if (!event) break;
        (void)decode(*event);
    }
    return 0;
}
