#include "protocol/file_packets.hpp"

#include <catch2/catch.hpp>

#include "protocol/packet.hpp"
#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;

namespace {

bytes file_of(const std::vector<bytes>& pieces, std::uint8_t sequence) {
    bytes wire;
    for (const bytes& piece : pieces) append_packet(wire, piece, sequence);
    append_packet(wire, {}, sequence);
    return wire;
}

}  // namespace

TEST_CASE(
    "A client's file is passed on with the server's sequence ids, whatever pieces it comes in") {
    const std::vector<bytes> pieces{wire_bytes::of("one\n"), wire_bytes::of("two\n"),
                                    bytes(300, 'x')};
    const bytes from_client = file_of(pieces, 254);  // wraps
    const bytes to_server = file_of(pieces, 251);
    const bytes next_command = wire_bytes::hex("01000000 0e");
    bytes all = from_client;
    all.insert(all.end(), next_command.begin(), next_command.end());

    for (std::size_t piece = 1; piece <= all.size(); ++piece) {
        CAPTURE(piece);
        file_packets file(254, 3);
        bytes sent, left;
        for (std::size_t at = 0; at < all.size() && !file.done(); at += piece) {
            const std::size_t size = std::min(piece, all.size() - at);
            left.insert(left.end(), all.begin() + static_cast<std::ptrdiff_t>(at),
                        all.begin() + static_cast<std::ptrdiff_t>(at + size));
            const std::size_t taken = file.take(left).value();
            const auto end = left.begin() + static_cast<std::ptrdiff_t>(taken);
            sent.insert(sent.end(), left.begin(), end);
            left.erase(left.begin(), end);
        }
        CHECK(file.done());
        const bool same = sent == to_server;
        CHECK(same);
    }
}

TEST_CASE("Behind a full packet an empty one does not end the file") {
    // A payload of exactly one full packet, then a short one, then the end.
    bytes wire = file_of({bytes(payload_size_max, 'x'), wire_bytes::of("y")}, 2);
    file_packets file(2, 0);
    CHECK(file.take(wire).value() == wire.size());
    CHECK(file.done());
    bytes cut(wire.begin(), wire.end() - 9);  // without "y" and the end
    file_packets unfinished(2, 0);
    CHECK(unfinished.take(cut).value() == cut.size());
    CHECK_FALSE(unfinished.done());
}

TEST_CASE("A file whose packets are not in sequence is refused") {
    bytes wire = file_of({wire_bytes::of("a"), wire_bytes::of("b")}, 2);
    wire[8] = 9;  // the second packet's
    file_packets file(2, 0);
    CHECK(file.take(wire).error() == errc::wrong_sequence);
}
