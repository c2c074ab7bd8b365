#pragma once

#include <cstdint>

/// The collation ids that Tidegate names itself; a server has hundreds, and tells them when asked.

namespace protocol::collations {

inline constexpr std::uint16_t latin1_swedish_ci = 8;
inline constexpr std::uint16_t utf8mb3_general_ci = 33;
inline constexpr std::uint16_t utf8mb4_general_ci = 45;
inline constexpr std::uint16_t binary = 63;  // numbers, dates and bytes
inline constexpr std::uint16_t utf8mb4_0900_ai_ci = 255;

}  // namespace protocol::collations
