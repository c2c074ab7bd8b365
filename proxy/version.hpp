#pragma once

#include <string_view>

namespace proxy {

inline constexpr std::string_view version = TIDEGATE_VERSION;  // from CMake's project()

}  // namespace proxy
