#pragma once

#include <random>
#include <string>
#include <vector>

#include "tests/proxy/session/one_connection.hpp"

namespace session_test {

/// A session through Tidegate, and one on the server itself that is told the same.
struct twin {
    support::mysql_connection shared = tidegate().connect(app);
    support::mysql_connection alone = server().connect(app);
    std::vector<std::string> said{};
};

/// The number of the error, 0 for none.
inline unsigned run(support::mysql_connection& session, const std::string& sql) {
    try {
        session.query(sql);
        return 0;
    } catch (const support::server_error& refused) {
        return refused.number();
    }
}

/// Three twins, whose steps come in a random order that the seed repeats.
class twin_walk {
public:
    explicit twin_walk(unsigned seed) : random_(seed) {}

    std::size_t any(std::size_t below) {
        return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
    }
    template <class T>
    const T& any_of(const std::vector<T>& all) {
        return all[any(all.size())];
    }
    twin& any_twin() { return twins_[any(twins_.size())]; }

private:
    std::mt19937 random_;
    std::vector<twin> twins_{3};
};

}  // namespace session_test
