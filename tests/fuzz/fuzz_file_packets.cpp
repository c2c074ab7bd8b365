#include <cstdlib>
#include <vector>

#include "protocol/file_packets.hpp"
#include "protocol/packet.hpp"

/// Any bytes in any pieces: the first byte is the size of a piece, the second the first sequence
/// id.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace protocol;
    if (size < 2) return 0;
    const std::size_t piece = data[0] + std::size_t{1};
    file_packets file(data[1], 3);
    std::vector<std::uint8_t> left;
    for (std::size_t at = 2; at < size && !file.done(); at += piece) {
        left.insert(left.end(), data + at, data + std::min(at + piece, size));
        const auto taken = file.take(left);
        if (!taken) return 0;
        if (*taken > left.size()) std::abort();
        // What is left over is less than a header, unless the file has ended.
        if (!file.done() && left.size() - *taken >= header_size) std::abort();
        left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(*taken));
    }
    return 0;
}
