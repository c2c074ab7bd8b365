// JSON documents in their binary form.

#include "protocol/json_binary.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)protocol::decode_json_binary({data, size});
    return 0;
}
