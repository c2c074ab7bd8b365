#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "protocol/column_definition.hpp"
#include "protocol/eof_packet.hpp"
#include "protocol/ok_packet.hpp"
#include "protocol/text_row.hpp"

namespace protocol {

/// Writes one whole text result, framed, for answers that Tidegate makes itself:
///
///   text_result_writer result(out, capabilities, sequence);
///   result.columns(definitions);
///   result.row(values);  // any number of times
///   result.end(ok);
///
/// `out` grows by what is written; the caller sends and clears it between rows when it likes.
/// `sequence` is the id of the next packet and is advanced; both must outlive the writer.
class text_result_writer {
public:
    text_result_writer(std::vector<std::uint8_t>& out, std::uint32_t capabilities,
                       std::uint8_t& sequence) noexcept
        : out_(out), capabilities_(capabilities), sequence_(sequence) {}

    void columns(std::span<const column_definition> definitions, std::uint16_t status);
    void row(std::span<const text_value> values);
    /// Only status, warnings and session state are sent; as an EOF packet where the client wants
    /// one.
    void end(const ok_packet& ok);

private:
    void eof(const eof_packet& value);

    std::vector<std::uint8_t>& out_;
    std::uint32_t capabilities_;
    std::uint8_t& sequence_;
};

}  // namespace protocol
