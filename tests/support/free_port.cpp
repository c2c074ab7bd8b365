#include "tests/support/free_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <random>
#include <set>
#include <stdexcept>

namespace support {
namespace {

constexpr std::uint16_t port_min = 10'000;
constexpr std::uint16_t port_max = 32'000;
constexpr int attempts_max = 1'000;

bool can_bind(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1) return false;
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return bound;
}

}  // namespace

std::uint16_t free_port() {
    std::random_device random;  // not seeded: parallel tests must not draw the same ports
    std::uniform_int_distribution<std::uint16_t> ports(port_min, port_max);
    static std::mutex lock;
    static std::set<std::uint16_t> given;  // perhaps nobody listens there yet
    const std::lock_guard guard(lock);
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        const std::uint16_t port = ports(random);
        if (!given.contains(port) && can_bind(port)) {
            given.insert(port);
            return port;
        }
    }
    throw std::runtime_error("no free TCP port on 127.0.0.1");
}

}  // namespace support
