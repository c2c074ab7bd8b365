#include <cstdlib>
#include <vector>

#include "protocol/capabilities.hpp"
#include "protocol/execute.hpp"
#include "protocol/query_attributes.hpp"

/// COM_STMT_EXECUTE; the first byte says how many parameters the statement has.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::uint16_t parameters = data[0];
    const protocol::bytes_view payload(data + 1, size - 1);
    for (const std::uint32_t capabilities : {0u, protocol::capability::query_attributes}) {
        const auto layout = protocol::decode_execute(payload, parameters, capabilities);
        if (!layout) continue;
        if (capabilities != 0) {
            protocol::query_attribute_reader in(layout->parameter_count, layout->null_bitmap,
                                                layout->types, layout->values);
            while (in.next()) {
            }
        }
        if (!layout->types_bound) continue;
        std::vector<std::uint8_t> same;
        protocol::writer out(same);
        encode_execute_with_types(*layout, 7, {}, capabilities, out);
        const auto again = protocol::decode_execute(same, parameters, capabilities);
        if (!again || again->statement_id != 7) std::abort();
        if (again->values.size() != layout->values.size()) std::abort();
    }
    return 0;
}
