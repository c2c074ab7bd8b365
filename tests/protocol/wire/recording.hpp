#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What a real server sent; see record_responses, which made the files.
namespace recording {

using bytes = std::vector<std::uint8_t>;

struct response {
    std::string name{};
    bytes command{};               // payload
    std::vector<bytes> packets{};  // headers included
};

struct session {
    std::string server{};
    std::uint32_t capabilities = 0;
    bytes greeting{};  // payload
    std::vector<response> responses{};

    const response& operator[](std::string_view name) const;
};

/// `kind` is eof, deprecate_eof or query_attributes.  Throws if the file is not as it should be.
session load(const std::string& kind);

}  // namespace recording
