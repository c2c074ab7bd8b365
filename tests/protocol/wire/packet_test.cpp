#include "protocol/packet.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;

namespace {

bytes numbered(std::size_t size) {
    bytes out(size);
    std::iota(out.begin(), out.end(), std::uint8_t{0});
    return out;
}

/// Everything in one feed; the payload, or the error.
result<bytes> joined(const bytes& wire, std::size_t payload_bytes_max) {
    packet_assembler in(payload_bytes_max);
    const auto used = in.feed(wire);
    if (!used) return used.error();
    if (!in.complete()) return errc::truncated;
    return bytes(in.payload().begin(), in.payload().end());
}

}  // namespace

TEST_CASE("A packet header has three bytes of size and one of sequence") {
    const std::uint8_t wire[] = {0x01, 0x02, 0x03, 0xff};
    const packet_header header{0x030201, 255};
    CHECK(decode_header(wire) == header);
    std::uint8_t again[header_size];
    encode_header(header, again);
    CHECK(as_text(again) == as_text(wire));
}

TEST_CASE("A payload comes back from its packets at every size around the 16 MiB split") {
    const std::size_t size = GENERATE(0u, 1u, payload_size_max - 1, payload_size_max,
                                      payload_size_max + 1, 2 * payload_size_max);
    CAPTURE(size);
    const bytes payload = numbered(size);
    bytes wire;
    std::uint8_t sequence = 0;
    append_packet(wire, payload, sequence);
    CHECK(sequence == 1 + size / payload_size_max);
    CHECK(wire.size() == size + header_size * sequence);
    const bool same = joined(wire, size).value() == payload;
    CHECK(same);

    bytes in_place{0xaa};  // what is already there stays
    std::uint8_t from = 0;
    const std::size_t header_at = begin_packet(in_place);
    in_place.insert(in_place.end(), payload.begin(), payload.end());
    finish_packet(in_place, header_at, from);
    CHECK(from == sequence);
    const bool same_in_place = std::equal(wire.begin(), wire.end(), in_place.begin() + 1);
    CHECK(same_in_place);
}

TEST_CASE("A command is its byte and its argument, in packets that count from 0") {
    const std::size_t size = GENERATE(0u, 1u, payload_size_max - 1, payload_size_max);
    CAPTURE(size);
    const bytes argument = numbered(size);
    bytes payload{static_cast<std::uint8_t>(command::query)};
    payload.insert(payload.end(), argument.begin(), argument.end());
    bytes expected{0xaa};  // what is already there stays
    std::uint8_t sequence = 0;
    append_packet(expected, payload, sequence);
    bytes wire{0xaa};
    append_command(wire, command::query, argument);
    const bool same = wire == expected;
    CHECK(same);
}

TEST_CASE("An assembler takes bytes in any pieces and none beyond the payload") {
    bytes wire;
    std::uint8_t sequence = 0;
    append_packet(wire, wire_bytes::of("hello"), sequence);
    append_packet(wire, wire_bytes::of("again"), sequence);
    const std::size_t piece = GENERATE(1u, 2u, 3u, 5u, 100u);
    CAPTURE(piece);
    packet_assembler in(100);
    std::size_t at = 0;
    while (!in.complete()) {
        CHECK(in.wanted() >= 1);
        const std::size_t size = std::min(piece, wire.size() - at);
        at += in.feed(bytes_view(wire).subspan(at, size)).value();
    }
    CHECK(at == header_size + 5);
    CHECK(as_text(in.payload()) == "hello");
    CHECK(in.sequence() == 0);
    CHECK(in.feed(bytes_view(wire).subspan(at)).value() == 0);
    in.next();
    CHECK(in.feed(bytes_view(wire).subspan(at)).value() == header_size + 5);
    CHECK(as_text(in.payload()) == "again");
    CHECK(in.sequence() == 1);
}

TEST_CASE("Sequence ids wrap from 255 to 0") {
    bytes wire;
    std::uint8_t sequence = 255;
    append_packet(wire, wire_bytes::of("x"), sequence);
    CHECK(sequence == 0);
    packet_assembler in(100);
    in.next(255);
    CHECK(in.feed(wire).has_value());
    CHECK(in.sequence() == 255);
}

TEST_CASE("A packet out of sequence is refused at its header") {
    const bytes wire = wire_bytes::hex("010000 01 00");
    CHECK(joined(wire, 100).error() == errc::wrong_sequence);
}

TEST_CASE("A payload over the limit is refused before its body is read, in any packet of it") {
    CHECK(joined(wire_bytes::hex("0a0000 00"), 9).error() == errc::too_long);
    bytes wire;
    std::uint8_t sequence = 0;
    append_packet(wire, numbered(payload_size_max + 10), sequence);
    CHECK(joined(wire, payload_size_max + 9).error() == errc::too_long);
    CHECK(joined(wire, payload_size_max + 10).has_value());
}
