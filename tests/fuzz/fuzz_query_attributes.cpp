#include <cstdlib>

#include "protocol/capabilities.hpp"
#include "protocol/query_attributes.hpp"

/// COM_QUERY: the SQL is always the rest of the payload, and the attributes are within it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const protocol::bytes_view payload(data, size);
    for (const std::uint32_t capabilities : {0u, protocol::capability::query_attributes}) {
        const auto query = protocol::decode_query(payload, capabilities);
        if (!query) continue;
        if (query->sql_at + query->sql.size() != size) std::abort();
        std::uint32_t count = 0;
        protocol::query_attribute_reader in(*query);
        while (in.next()) ++count;
        if (in.failed() || count != query->attribute_count) std::abort();
    }
    return 0;
}
