#include "tests/support/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace support {
namespace {

using clock = std::chrono::steady_clock;

enum class read_end { filled, closed, late };

// Appends to `out` until it has `size` bytes.
read_end read_into(int fd, std::string& out, std::size_t size, clock::time_point end) {
    std::array<char, 16 * 1024> chunk{};
    while (out.size() < size) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now());
        if (left.count() <= 0) return read_end::late;
        pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
        const int ready = poll(&wanted, 1, static_cast<int>(left.count()));
        if (ready == 0) return read_end::late;
        if (ready < 0 && errno != EINTR) return read_end::closed;
        if (ready < 0) continue;
        const ssize_t n = recv(fd, chunk.data(), std::min(chunk.size(), size - out.size()), 0);
        if (n <= 0) return read_end::closed;
        out.append(chunk.data(), static_cast<std::size_t>(n));
    }
    return read_end::filled;
}

}  // namespace

raw_client::raw_client(const std::string& host, std::uint16_t port)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
        errno = EINVAL;
    else if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        const int on = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return;
    }
    const int error = errno;
    close(fd_);
    throw std::system_error(error, std::generic_category(),
                            "connect to " + host + ":" + std::to_string(port));
}

raw_client::~raw_client() {
    close(fd_);
}

bool raw_client::send(std::span<const std::uint8_t> bytes) {
    return send(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

bool raw_client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

std::vector<std::uint8_t> raw_client::receive(std::size_t size,
                                              std::chrono::milliseconds deadline) {
    std::string received;
    read_into(fd_, received, size, clock::now() + deadline);
    return {received.begin(), received.end()};
}

std::vector<std::uint8_t> raw_client::receive_packet(std::chrono::milliseconds deadline) {
    constexpr std::size_t header_size = 4;  // payload length (3 bytes), sequence number
    const auto end = clock::now() + deadline;
    std::string packet;
    if (read_into(fd_, packet, header_size, end) == read_end::filled) {
        const auto byte = [&](std::size_t i) -> std::size_t {
            return static_cast<std::uint8_t>(packet[i]);
        };
        const std::size_t size = byte(0) | byte(1) << 8U | byte(2) << 16U;
        read_into(fd_, packet, header_size + size, end);
    }
    return {packet.begin(), packet.end()};
}

std::string raw_client::receive_all(std::size_t size_max, std::chrono::milliseconds deadline) {
    std::string received;
    read_into(fd_, received, size_max, clock::now() + deadline);
    return received;
}

bool raw_client::closed_by_peer(std::chrono::milliseconds deadline) {
    const auto end = clock::now() + deadline;
    for (;;) {
        std::string discarded;
        const read_end how = read_into(fd_, discarded, 64 * 1024, end);
        if (how != read_end::filled) return how == read_end::closed;
    }
}

}  // namespace support
