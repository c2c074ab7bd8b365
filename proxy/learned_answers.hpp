#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pool/session_vector.hpp"
#include "protocol/bytes.hpp"

namespace proxy {

/// Takes down a server's answer as it comes, up to a limit.
class answer_recorder {
public:
    static constexpr std::size_t bytes_max = 16 * 1024;

    void begin(std::uint32_t capabilities, std::uint64_t generation);
    /// What may be taken next; the relay writes into it.
    void see(protocol::bytes_view input);
    /// So much of it was.
    void keep(std::size_t taken);

    bool overflowed() const noexcept { return overflowed_; }
    protocol::bytes_view bytes() const noexcept { return bytes_; }
    std::uint32_t capabilities() const noexcept { return capabilities_; }
    std::uint64_t generation() const noexcept { return generation_; }

private:
    std::vector<std::uint8_t> bytes_;
    std::size_t kept_ = 0;
    bool overflowed_ = false;
    std::uint32_t capabilities_ = 0;
    std::uint64_t generation_ = 0;
};

/// What a server once answered to a statement that asks only for what the session is: the packets
/// as they came, and the state that the session was in afterwards.
struct learned_answer {
    std::vector<std::uint8_t> bytes{};
    std::uint32_t capabilities = 0;  // of the connection on which it came
    pool::shared_vector after{};
    std::size_t number_at = 0;  // where the row's packet begins if its value is the session's own
    std::size_t number_end = 0;
    std::uint64_t generation = 0;  // of the server's connections
    std::chrono::steady_clock::time_point learned_at{};

    bool is_number() const noexcept { return number_end != 0; }
};

/// The answer as it can be given again, unless it is one that cannot: an error, warnings, news of
/// other things than variables, more than a small result.
/// @param number  If the answer must be one row of this value, which each session has of its own.
std::optional<learned_answer> learn_answer(const answer_recorder& recorded,
                                           std::optional<std::uint64_t> number);

/// The bytes of the answer, with this number in the place of the one that was learned.
std::vector<std::uint8_t> answer_with(const learned_answer& known, std::uint64_t number);

/// Answers of one server, by who asks, in which state, and what.
///
/// One per worker, for its thread only.  What is too old is not found; the least recently used
/// leaves first.
class learned_answers {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::size_t entries_max = 256;
    static constexpr std::size_t text_bytes_max = 2048;

    /// @param account  the address of whoever's connections it would run on
    struct question {
        const void* account = nullptr;
        pool::shared_vector state{};
        std::string_view text{};
    };

    /// Null if there is none.  Valid until the next call.
    const learned_answer* find(const question& asked, std::uint64_t generation,
                               clock::time_point now, std::chrono::milliseconds age_max);
    void keep(const question& asked, learned_answer answer);
    /// A global variable has changed.
    void clear();
    std::size_t size() const noexcept { return order_.size(); }

private:
    struct entry {
        const void* account;
        pool::shared_vector state;
        std::string text;
        learned_answer answer;
    };
    using order = std::list<entry>;  // the most recently used first
    using index = std::unordered_multimap<std::size_t, order::iterator>;

    static std::size_t hash_of(const question& asked);
    index::iterator find_entry(const question& asked);
    void forget(index::iterator at);

    order order_;
    index index_;
};

}  // namespace proxy
