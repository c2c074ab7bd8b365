#include "protocol/text_result.hpp"

#include "protocol/capabilities.hpp"
#include "protocol/eof_packet.hpp"
#include "protocol/packet.hpp"

namespace protocol {

void text_result_writer::columns(std::span<const column_definition> definitions,
                                 std::uint16_t status) {
    writer out(out_);
    std::size_t header_at = begin_packet(out_);
    out.lenenc(definitions.size());
    if (capability::has(capabilities_, capability::optional_resultset_metadata)) out.u8(1);
    finish_packet(out_, header_at, sequence_);
    for (const column_definition& definition : definitions) {
        header_at = begin_packet(out_);
        encode(definition, out);
        finish_packet(out_, header_at, sequence_);
    }
    if (!capability::has(capabilities_, capability::deprecate_eof)) eof({.status = status});
}

void text_result_writer::row(std::span<const text_value> values) {
    writer out(out_);
    const std::size_t header_at = begin_packet(out_);
    encode_text_row(values, out);
    finish_packet(out_, header_at, sequence_);
}

void text_result_writer::end(const ok_packet& ok) {
    if (!capability::has(capabilities_, capability::deprecate_eof))
        return eof({.warnings = ok.warnings, .status = ok.status});
    ok_packet last = ok;
    last.header = ok_packet::result_end_header;
    writer out(out_);
    const std::size_t header_at = begin_packet(out_);
    encode(last, capabilities_, out);
    finish_packet(out_, header_at, sequence_);
}

void text_result_writer::eof(const eof_packet& value) {
    writer out(out_);
    const std::size_t header_at = begin_packet(out_);
    encode(value, out);
    finish_packet(out_, header_at, sequence_);
}

}  // namespace protocol
