#include "protocol/compressed_stream.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "protocol/capabilities.hpp"
#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;
using algorithm = compression_algorithm;

namespace {

constexpr compression zlib{algorithm::zlib, zlib_level};
constexpr compression zstd{algorithm::zstd, zstd_level_default};

/// Text that compresses somewhat, or noise that does not.
bytes content_of(std::size_t size, std::mt19937& random, bool noise) {
    bytes out(size);
    for (std::uint8_t& byte : out)
        byte = static_cast<std::uint8_t>(noise ? random() : 'a' + random() % 4);
    return out;
}

bytes one_packet(const bytes& content, std::uint8_t sequence, const compression& how) {
    compression_memory memory;
    bytes out;
    append_compressed_packet(out, content, sequence, how, memory);
    return out;
}

/// Everything that `wire` holds, read in pieces of these sizes at most.
result<bytes> read_all(algorithm how, bytes_view wire, std::size_t input_max,
                       std::size_t output_max, compression_memory& memory) {
    compressed_reader reader(how, memory);
    bytes out;
    std::size_t idle = 0;
    while (!wire.empty()) {
        // Blocks of their own, so that AddressSanitizer sees what goes over an end.
        const bytes input(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(
                                                           std::min(input_max, wire.size())));
        bytes output(output_max);
        const auto done = reader.read(input, output);
        if (!done) return done.error();
        out.insert(out.end(), output.begin(),
                   output.begin() + static_cast<std::ptrdiff_t>(done->made));
        wire = wire.subspan(done->used);
        idle = done->used == 0 && done->made == 0 ? idle + 1 : 0;
        if (idle > 1) FAIL("the reader does not go on");
    }
    // What the decompressor still holds back for lack of room.
    for (;;) {
        bytes output(output_max);
        const auto done = reader.read({}, output);
        if (!done) return done.error();
        if (done->made == 0) break;
        out.insert(out.end(), output.begin(),
                   output.begin() + static_cast<std::ptrdiff_t>(done->made));
    }
    if (reader.wanted() != compressed_header_size) return errc::truncated;
    return out;
}

result<bytes> read_all(algorithm how, bytes_view wire) {
    compression_memory memory;
    return read_all(how, wire, wire.size() + 1, std::size_t{1} << 24, memory);
}

}  // namespace

TEST_CASE("What is compressed comes out the same, at any level and in any pieces") {
    const auto seed = GENERATE(take(150, random(0u, ~0u)));
    CAPTURE(seed);
    std::mt19937 random(seed);
    compression how = zlib;
    if (random() % 3 != 0)
        how = {algorithm::zstd, static_cast<std::uint8_t>(1 + random() % zstd_level_max)};
    compression_memory memory;
    bytes sent;
    bytes wire;
    const std::size_t packets = 1 + random() % 6;
    for (std::uint8_t i = 0; i < packets; ++i) {
        const std::size_t size_max = std::size_t{1} << (1 + random() % 16);
        const bytes content = content_of(1 + random() % size_max, random, random() % 4 == 0);
        sent.insert(sent.end(), content.begin(), content.end());
        append_compressed_packet(wire, content, i, how, memory);
    }
    const std::size_t input_max = std::size_t{1} << random() % 17;
    const std::size_t output_max = std::size_t{1} << random() % 17;
    CAPTURE(static_cast<int>(how.algorithm), how.level, sent.size(), input_max, output_max);
    const auto read = read_all(how.algorithm, wire, input_max, output_max, memory);
    REQUIRE(read.has_value());
    CHECK(*read == sent);
}

TEST_CASE("A compressed packet states what it holds") {
    const bytes text(1000, 'x');
    for (const compression& how : {zlib, zstd}) {
        const bytes wire = one_packet(text, 7, how);
        CHECK(wire.size() < 100);
        cursor in(wire);
        CHECK(in.u24() == wire.size() - compressed_header_size);
        CHECK(in.u8() == 7);
        CHECK(in.u24() == 1000);
    }
}

TEST_CASE("Content that is short, or does not get shorter, is sent as it is") {
    std::mt19937 random(1);
    const bytes noise = content_of(5000, random, true);
    const bytes brief(compressed_content_min - 1, 'x');
    for (const compression& how : {zlib, zstd}) {
        for (const bytes& content : {noise, brief}) {
            const bytes wire = one_packet(content, 0, how);
            CHECK(wire.size() == compressed_header_size + content.size());
            CHECK(bytes(wire.begin() + 4, wire.begin() + 7) == bytes{0, 0, 0});
            CHECK(read_all(how.algorithm, wire).value() == content);
        }
        CHECK(one_packet(bytes(compressed_content_min, 'x'), 0, how).size() <
              compressed_header_size + compressed_content_min);
    }
}

TEST_CASE("The largest packet holds 16 MiB less one byte") {
    const bytes content(compressed_content_max, 'y');
    for (const compression& how : {zlib, zstd}) {
        const auto read = read_all(how.algorithm, one_packet(content, 0, how));
        const bool same = read.value() == content;
        CHECK(same);
    }
}

TEST_CASE("A compressed packet from a MySQL server is read") {
    // MySQL 9.7's answer to SELECT REPEAT('a', 200), from the column count to the EOF packet.
    const bytes by_zlib = wire_bytes::hex(
        "4c0000 01 0d0100"
        "789c636460606454656060624e494d636060e00f720d70750cd1504f54d7313230d064e0d1655060"
        "6660f8cbc020cfc0c0cac0c0fc0fa898e1240303cb89c4610280be6205fb0a00bfe855d2");
    const bytes by_zstd = wire_bytes::hex(
        "530000 01 0d0100"
        "28b52ffd600d004d02006204101cc0a739fecfc6ffff5f4c8bdf54e7ae766cb69521fa6798a1dc52"
        "ca14d14faddce29811fdd26ae5c669294002181b04965bcd81d00acd905c9140243473ce2701004d"
        "a40014");
    for (const auto& [how, wire] :
         {std::pair(algorithm::zlib, by_zlib), {algorithm::zstd, by_zstd}}) {
        compression_memory memory;
        compressed_reader reader(how, memory);
        reader.expect(1);  // the command was 0
        bytes content(1000);
        const auto done = reader.read(wire, content);
        REQUIRE(done.has_value());
        CHECK(done->used == wire.size());
        CHECK(done->made == 0x010d);
        CHECK(wire_bytes::to_hex(bytes(content.begin(), content.begin() + 5)) ==
              wire_bytes::to_hex(wire_bytes::hex("01 0000 01 01")));
        CHECK(as_text(content).find(std::string(200, 'a')) != std::string_view::npos);
    }
}

TEST_CASE("A packet that holds more or less than it states is refused") {
    const bytes content(1000, 'x');
    for (const compression& how : {zlib, zstd}) {
        const bytes right = one_packet(content, 0, how);
        const auto stating = [&](std::size_t size) {
            bytes wire = right;
            wire[4] = static_cast<std::uint8_t>(size);
            wire[5] = static_cast<std::uint8_t>(size >> 8);
            wire[6] = static_cast<std::uint8_t>(size >> 16);
            return wire;
        };
        CHECK(read_all(how.algorithm, stating(1000)).value() == content);
        for (const std::size_t size : {1u, 999u, 1001u, 0xffffffu}) {
            CAPTURE(size);
            compression_memory memory;
            CHECK(read_all(how.algorithm, stating(size)).error() == errc::decompress_failed);
            CHECK(read_all(how.algorithm, stating(size), 1, 1, memory).error() ==
                  errc::decompress_failed);
        }
        bytes longer = right;  // bytes behind the end of what is compressed
        longer.push_back(0);
        ++longer[0];
        CHECK(read_all(how.algorithm, longer).error() == errc::decompress_failed);
        bytes shorter = right;  // its end is missing
        shorter.pop_back();
        --shorter[0];
        CHECK(read_all(how.algorithm, shorter).error() == errc::decompress_failed);
    }
}

TEST_CASE("A packet that is cut is not complete, and one with a bit turned is not the same") {
    std::mt19937 random(2);
    const bytes content = content_of(300, random, false);
    for (const compression& how : {zlib, zstd}) {
        const bytes right = one_packet(content, 0, how);
        for (std::size_t size = 0; size < right.size(); ++size) {
            CAPTURE(size);
            const auto read = read_all(how.algorithm, bytes_view(right).first(size));
            CHECK((!read || read->size() < content.size() || size == 0));
        }
    }
    // Only zlib's form has a checksum.
    const bytes right = one_packet(content, 0, zlib);
    for (std::size_t at = compressed_header_size; at < right.size(); ++at) {
        bytes wrong = right;
        wrong[at] ^= 0x10;
        CHECK_FALSE(read_all(algorithm::zlib, wrong).has_value());
    }
}

TEST_CASE("Compressed packets are counted, and one without content is none") {
    compression_memory memory;
    compressed_reader reader(algorithm::zlib, memory);
    const bytes first = one_packet({'a'}, 0, zlib);
    const bytes second = one_packet({'b'}, 1, zlib);
    std::uint8_t byte = 0;
    CHECK(reader.read(first, {&byte, 1})->made == 1);
    CHECK(reader.expected() == 1);
    CHECK(reader.read(second, {&byte, 1})->made == 1);
    reader.expect(0);  // another command
    CHECK(reader.read(second, {&byte, 1}).error() == errc::wrong_sequence);
    CHECK(read_all(algorithm::zlib, wire_bytes::hex("000000 00 000000")).error() ==
          errc::malformed);
    CHECK(read_all(algorithm::zstd, wire_bytes::hex("000000 00 010000")).error() ==
          errc::malformed);
}

TEST_CASE("One read gives the content of one packet only") {
    compression_memory memory;
    compressed_reader reader(algorithm::zlib, memory);
    bytes wire = one_packet({'a', 'b'}, 0, zlib);
    const std::size_t size = wire.size();
    append_compressed_packet(wire, bytes{'c'}, 0, zlib, memory);  // the next command's
    bytes output(10);
    const auto done = reader.read(wire, output).value();
    CHECK(done.used == size);
    CHECK(done.made == 2);
}

TEST_CASE("Both sides agree on how to compress as MySQL does") {
    using namespace capability;
    CHECK(agreed_compression(0, 0).value() == compression{});
    CHECK(agreed_compression(compress, 0).value() == zlib);
    CHECK(agreed_compression(zstd_compression, 7).value() == compression{algorithm::zstd, 7});
    CHECK(agreed_compression(compress | zstd_compression, 7).value() == zlib);
    CHECK(agreed_compression(zstd_compression, 0).error() == errc::malformed);
    CHECK(agreed_compression(zstd_compression, 23).error() == errc::malformed);
}
