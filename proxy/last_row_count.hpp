#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "protocol/ok_packet.hpp"

namespace proxy {

/// What ROW_COUNT() is, as far as the last answer tells (tried on 9.7).
class last_row_count {
public:
    void on_ok(const protocol::ok_packet& ok) noexcept {
        const bool behind_rows = ok.header == protocol::ok_packet::result_end_header;
        count_ = behind_rows ? -1 : static_cast<std::int64_t>(ok.affected_rows);
    }
    void on_err() noexcept { count_ = -1; }
    /// A procedure's last statement had rows, or changed none: its OK does not say which.
    void on_call() noexcept {
        if (count_ == 0) count_ = unknown;
    }
    void forget() noexcept { count_ = unknown; }

    std::optional<std::int64_t> value() const noexcept {
        return count_ == unknown ? std::nullopt : std::optional(count_);
    }

private:
    static constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::min();

    std::int64_t count_ = 0;
};

}  // namespace proxy
