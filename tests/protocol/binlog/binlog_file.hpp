#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "protocol/binlog_event.hpp"
#include "protocol/binlog_events.hpp"
#include "protocol/binlog_transaction_payload.hpp"

/// Reading binlog files in tests.  What cannot be read throws, and so fails the test.
namespace binlog_test {

using bytes = std::vector<std::uint8_t>;

bytes read_file(const std::filesystem::path& path);

inline constexpr std::size_t magic_size = 4;  // fe 'b' 'i' 'n'
inline constexpr std::size_t payload_size_max = std::size_t{64} << 20;

/// Calls `visit(binlog_event_view)` for every event of a file, and after a transaction_payload for
/// the events inside it.
template <class Visit>
void for_each_event(protocol::bytes_view file, Visit visit) {
    using namespace protocol;
    bytes_view rest = file.subspan(magic_size);
    auto checksum = checksum_algorithm::none;
    while (!rest.empty()) {
        const auto event = take_event(rest, checksum).value();
        visit(event);
        if (event.header.type == event_type::format_description)
            checksum = decode_format_description(event).value().checksum;
        if (event.header.type != event_type::transaction_payload) continue;
        const auto payload = decode_transaction_payload(event).value();
        const bytes inner = decompress(payload, payload_size_max).value();
        for (bytes_view left = inner; !left.empty();)
            visit(take_event(left, checksum_algorithm::none).value());
    }
}

/// The file's events, payloads unpacked, each in memory of its own.
std::vector<bytes> raw_events(protocol::bytes_view file);

/// A raw event of raw_events(), which has no checksum.
protocol::binlog_event_view view_of(protocol::bytes_view raw);

}  // namespace binlog_test
