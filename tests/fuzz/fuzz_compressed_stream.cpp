#include <algorithm>
#include <cstdlib>

#include "protocol/compressed_stream.hpp"

/// Any bytes in any pieces: no more comes out than was stated, and what was compressed comes back.
/// The first three bytes choose the algorithm and level and the sizes of input and output pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace protocol;
    if (size < 4) return 0;
    const bool zlib = data[0] % 2 == 0;
    const compression how{zlib ? compression_algorithm::zlib : compression_algorithm::zstd,
                          static_cast<std::uint8_t>(1 + data[0] / 2 % zstd_level_max)};
    const std::size_t input_max = std::size_t{1} + data[1];
    std::vector<std::uint8_t> output(std::size_t{1} + data[2] * std::size_t{16});
    const bytes_view given(data + 3, size - 3);
    static compression_memory memory;

    // Hostile bytes.  A bomb makes no more than its packets state, and costs no more time.
    compressed_reader hostile(how.algorithm, memory);
    std::size_t made = 0;
    for (bytes_view left = given; !left.empty() && made < (std::size_t{1} << 20);) {
        const auto done = hostile.read(left.first(std::min(input_max, left.size())), output);
        if (!done) break;
        if (done->made > output.size() || done->used > left.size()) std::abort();
        if (done->used == 0 && done->made == 0) std::abort();
        made += done->made;
        left = left.subspan(done->used);
        hostile.expect(left.size() > 3 ? left[3] : std::uint8_t{0});  // let more packets through
    }

    std::vector<std::uint8_t> wire;
    append_compressed_packet(wire, given, 0, how, memory);
    compressed_reader reader(how.algorithm, memory);
    std::vector<std::uint8_t> back;
    for (bytes_view left = wire; back.size() < given.size();) {
        const auto done = reader.read(left.first(std::min(input_max, left.size())), output);
        if (!done || (done->used == 0 && done->made == 0)) std::abort();
        back.insert(back.end(), output.begin(),
                    output.begin() + static_cast<std::ptrdiff_t>(done->made));
        left = left.subspan(done->used);
    }
    if (!std::ranges::equal(back, given)) std::abort();
    return 0;
}
