#pragma once

#include <cstdint>

namespace support {

/// A TCP port of 127.0.0.1 that nothing listens on right now.
///
/// It lies below the range that the kernel gives to outgoing connections, so that a server that
/// is stopped and started again finds its port still free.  Nothing reserves it: of two processes
/// that are given the same port one fails to bind, and asks again.
std::uint16_t free_port();

}  // namespace support
