#include <cstdlib>

#include "protocol/packet.hpp"

/// Any bytes in any pieces: the first byte is the size of a piece.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace protocol;
    if (size == 0) return 0;
    constexpr std::size_t payload_bytes_max = 1000;
    const std::size_t piece = data[0] + std::size_t{1};
    bytes_view left(data + 1, size - 1);
    packet_assembler in(payload_bytes_max);
    while (!left.empty()) {
        const auto used = in.feed(left.first(std::min(piece, left.size())));
        if (!used) return 0;
        if (in.payload().size() > payload_bytes_max) std::abort();
        if (*used == 0 && !in.complete()) std::abort();
        left = left.subspan(*used);
        if (in.complete()) in.next();
    }
    return 0;
}
