#include "proxy/primary_position.hpp"

#include <string>

namespace proxy {

protocol::result<protocol::gtid_set> parse_owned(std::string_view text) {
    std::string without_owners;
    bool in_owner = false;
    for (const char c : text) {
        if (c == '#') {
            in_owner = true;
        } else if (c < '0' || c > '9') {
            in_owner = false;
        }
        if (!in_owner) without_owners.push_back(c);
    }
    return protocol::gtid_set::parse(without_owners);
}

}  // namespace proxy
