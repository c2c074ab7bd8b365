#pragma once

#include <cstddef>
#include <cstdint>

namespace proxy {

/// Gives out the connection ids that clients know themselves by: one object for each worker, and an
/// id tells whose it is.
///
/// They begin far above those of a server, so that KILL with an id from SHOW PROCESSLIST can only
/// mean the server's own.
class connection_ids {
public:
    static constexpr std::uint32_t first = 1u << 30;
    static constexpr std::uint32_t count = 1u
                                           << 30;  // then they begin anew; some drivers are signed

    connection_ids(std::size_t share, std::size_t workers)
        : workers_(static_cast<std::uint32_t>(workers)), next_(static_cast<std::uint32_t>(share)) {}

    std::uint32_t next() noexcept {
        const std::uint32_t id = first + next_;
        next_ = next_ + workers_ < count ? next_ + workers_ : next_ % workers_;
        return id;
    }

    static bool is_own(std::uint64_t id) noexcept { return id >= first && id < first + count; }
    /// Which of so many workers gave it out; for is_own() ids.
    static std::size_t worker_of(std::uint32_t id, std::size_t workers) noexcept {
        return (id - first) % workers;
    }

private:
    std::uint32_t workers_;
    std::uint32_t next_;
};

}  // namespace proxy
