#include <cstdlib>

#include "protocol/capabilities.hpp"
#include "protocol/response_reader.hpp"

/// Any command, then any packets: one byte for the command, one for the capabilities, then for each
/// packet a byte of size (255 stands for a full packet, whose body is not there) and its payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace protocol;
    cursor in(bytes_view(data, size));
    const auto sent = static_cast<command>(in.u8());
    const std::uint8_t flags = in.u8();
    response_reader reader(sent, (flags & 1 ? capability::deprecate_eof : 0u) |
                                     (flags & 2 ? capability::session_track : 0u) |
                                     (flags & 4 ? capability::optional_resultset_metadata : 0u));
    while (!reader.done() && !in.at_end()) {
        const std::uint8_t stated = in.u8();
        const bool full = stated == 255;
        const bytes_view payload = in.bytes(full ? 1 : stated);
        if (in.failed()) break;
        const std::uint32_t payload_size = full ? payload_size_max : stated;
        const packet_role role =
            reader.classify(payload_size, payload.empty() ? std::uint8_t{0} : payload[0]);
        const bool whole = response_reader::needs_payload(role);
        if (full && whole) std::abort();  // nothing so long may have to be collected
        if (!reader.advance(role, payload_size, whole ? payload : bytes_view{})) return 0;
        if (full && reader.done()) std::abort();  // its continuation is still to come
        if (reader.failed() != (role == packet_role::err)) std::abort();
    }
    return 0;
}
