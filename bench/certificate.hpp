#pragma once

#include <string>

#include "tests/support/temp_folder.hpp"

namespace bench {

/// The section `tls` of a configuration, with a certificate that vouches for itself, made by the
/// openssl command in `folder`.
std::string tls_settings(const support::temp_folder& folder, const std::string& mode);

}  // namespace bench
