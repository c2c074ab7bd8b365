#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "protocol/auth.hpp"
#include "proxy/config.hpp"

namespace proxy {

/// The users of a configuration, by name.  Immutable; shared by all workers.
class user_directory {
public:
    struct entry {
        user_config settings;
        protocol::password_verifiers verifiers;
    };

    explicit user_directory(const config& settings) {
        for (const user_config& user : settings.users)
            by_name_.emplace(
                user.name, entry{user, protocol::password_verifiers::from_password(user.password)});
    }

    const entry* find(const std::string& name) const {
        const auto known = by_name_.find(name);
        return known == by_name_.end() ? nullptr : &known->second;
    }

private:
    std::unordered_map<std::string, entry> by_name_;
};

}  // namespace proxy
