#include "tests/support/http_get.hpp"

#include <charconv>
#include <cstddef>
#include <system_error>

#include "tests/support/raw_client.hpp"

namespace support {

http_response http_get(std::uint16_t port, const std::string& path) {
    constexpr std::size_t response_bytes_max = 16 * 1024 * 1024;
    std::string text;
    try {
        raw_client client("127.0.0.1", port);
        client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        text = client.receive_all(response_bytes_max);
    } catch (const std::system_error&) {
        return {};  // nothing listens
    }
    http_response response;
    constexpr std::size_t status_at = sizeof("HTTP/1.1 ") - 1;
    const auto body_at = text.find("\r\n\r\n");
    if (body_at == std::string::npos || text.size() < status_at + 3) return {};
    std::from_chars(text.data() + status_at, text.data() + status_at + 3, response.status);
    response.body = text.substr(body_at + 4);
    return response;
}

}  // namespace support
