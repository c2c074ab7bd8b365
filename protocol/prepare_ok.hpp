#pragma once

#include <cstdint>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace protocol {

/// The first packet of the answer to COM_STMT_PREPARE.
struct prepare_ok {
    /// Where the statement id is in the payload, for rewriting it in place: 4 bytes.
    static constexpr std::size_t statement_id_at = 1;

    std::uint32_t statement_id = 0;
    std::uint16_t columns = 0;
    std::uint16_t parameters = 0;
    std::uint16_t warnings = 0;
    /// False only with CLIENT_OPTIONAL_RESULTSET_METADATA: no definitions follow.
    bool metadata_follows = true;
    friend bool operator==(const prepare_ok&, const prepare_ok&) = default;
};

result<prepare_ok> decode_prepare_ok(bytes_view payload, std::uint32_t capabilities);
void encode(const prepare_ok& value, std::uint32_t capabilities, writer& out);

}  // namespace protocol
