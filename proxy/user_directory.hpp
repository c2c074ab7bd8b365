#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pool/backend_connection.hpp"
#include "protocol/auth.hpp"
#include "proxy/config.hpp"

namespace proxy {

/// The users of a configuration, by name.  Immutable; shared by all workers.
class user_directory {
public:
    struct entry {
        user_config settings;
        protocol::password_verifiers verifiers{};
        std::optional<protocol::password_verifiers> other_verifiers{};
    };

    explicit user_directory(const config& settings) {
        using protocol::password_verifiers;
        for (const user_config& user : settings.users) {
            entry made{.settings = user};
            // The configuration has been checked, so a verifier is one.
            made.verifiers = user.verifier.empty()
                                 ? password_verifiers::from_password(user.password)
                                 : password_verifiers::from_stored_hash(user.verifier).value();
            if (user.other_password)
                made.other_verifiers = password_verifiers::from_password(*user.other_password);
            by_name_.emplace(user.name, std::move(made));
        }
    }

    const entry* find(const std::string& name) const {
        const auto known = by_name_.find(name);
        return known == by_name_.end() ? nullptr : &known->second;
    }

private:
    std::unordered_map<std::string, entry> by_name_;
};

/// How Tidegate logs in to the servers for `user`, as far as the configuration knows.
inline pool::backend_account account_of(const user_config& user, std::uint32_t capabilities = 0) {
    return {.user = user.name,
            .password = user.password,
            .capabilities = capabilities,
            .other_password = user.other_password};
}

/// The user that Tidegate watches the servers as: the first whose password it knows.
inline const user_config* watching_user(const config& settings) noexcept {
    for (const user_config& user : settings.users)
        if (user.verifier.empty()) return &user;
    return nullptr;
}

}  // namespace proxy
