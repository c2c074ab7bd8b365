#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// A blocking TCP connection that sends whatever a test wants, well-formed or not.
///
/// Throws std::system_error if the connection cannot be made; after that a lost connection is an
/// ordinary answer, since many tests want just that.
class raw_client {
public:
    raw_client(const std::string& host, std::uint16_t port);
    ~raw_client();
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;

    bool send(std::span<const std::uint8_t> bytes);  // false if the peer is gone
    bool send(std::string_view bytes);

    /// Exactly `size` bytes, or fewer if the peer closed or the deadline passed.
    std::vector<std::uint8_t> receive(std::size_t size,
                                      std::chrono::milliseconds deadline = std::chrono::seconds(5));

    /// One MySQL packet with its header, or fewer bytes if the peer closed or was late.
    std::vector<std::uint8_t> receive_packet(
        std::chrono::milliseconds deadline = std::chrono::seconds(5));

    /// Everything up to the end of the connection (at most `size_max` bytes).
    std::string receive_all(std::size_t size_max,
                            std::chrono::milliseconds deadline = std::chrono::seconds(5));

    /// True if the peer closes within the deadline; what it still sends is thrown away.
    bool closed_by_peer(std::chrono::milliseconds deadline = std::chrono::seconds(5));

private:
    int fd_;
};

}  // namespace support
