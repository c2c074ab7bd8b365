#pragma once

#include <cstdint>
#include <string>

namespace support {

struct http_response {
    int status = 0;  // 0: no answer
    std::string body;
};

/// GET http://127.0.0.1:<port><path>, with a deadline of five seconds.
http_response http_get(std::uint16_t port, const std::string& path);

}  // namespace support
