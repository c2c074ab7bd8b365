#include "protocol/prepare_ok.hpp"

#include "protocol/capabilities.hpp"

// 0x00, statement id u32, columns u16, parameters u16, u8 0, warnings u16,
// with CLIENT_OPTIONAL_RESULTSET_METADATA: metadata follows u8

namespace protocol {
namespace {

constexpr std::uint8_t header = 0x00;

}  // namespace

result<prepare_ok> decode_prepare_ok(bytes_view payload, std::uint32_t capabilities) {
    cursor in(payload);
    if (in.u8() != header) return in.failed() ? errc::truncated : errc::unexpected_header;
    prepare_ok out;
    out.statement_id = in.u32();
    out.columns = in.u16();
    out.parameters = in.u16();
    in.skip(1);
    out.warnings = in.u16();
    if (capability::has(capabilities, capability::optional_resultset_metadata) && !in.at_end())
        out.metadata_follows = in.u8() != 0;
    if (in.failed()) return errc::truncated;
    return out;
}

void encode(const prepare_ok& value, std::uint32_t capabilities, writer& out) {
    out.u8(header);
    out.u32(value.statement_id);
    out.u16(value.columns);
    out.u16(value.parameters);
    out.u8(0);
    out.u16(value.warnings);
    if (capability::has(capabilities, capability::optional_resultset_metadata))
        out.u8(value.metadata_follows ? 1 : 0);
}

}  // namespace protocol
