#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "pool/travelling_connection.hpp"

namespace pool {

/// How much others want one of a pool's places.
enum class place_demand : std::uint8_t {
    none,
    unused,  // one whose connection nobody uses
    next     // the next one that comes free, even if somebody here waits for it
};

class place_share;

/// The places for connections that the pools of all threads share: so many for each server, and so
/// many for all servers together.
///
/// A pool holds places, one for each connection that is open or being opened.  If none is free it
/// asks, and others are asked for one: those that have some unused, and, so that everybody has some
/// and nobody many, whoever has most.  If there are fewer places than pools that ask, they take
/// turns.  Who asks is served first come, first served.
///
/// For several threads; locked for moments, when a connection is opened or closed, never for a
/// connection that is lent and comes back.
class connection_places {
public:
    explicit connection_places(std::size_t total_max) : total_max_(total_max) {}

    /// Returns the number that a place_share takes.  Before there are any.
    std::size_t add_server(std::size_t connections_max);

    std::size_t used() const;

private:
    friend class place_share;
    using travelling = std::unique_ptr<travelling_connection>;

    /// What is known of one share; its thread and others use it under the lock.
    struct member {
        std::size_t server = 0;
        boost::asio::any_io_executor executor{};
        std::function<void()> changed{};    // on the executor
        std::size_t used = 0;               // collected, or granted and not yet collected
        std::vector<travelling> granted{};  // null: a place without a connection
        std::uint64_t asked_at = 0;         // 0: does not ask
        std::uint64_t granted_at = 0;       // the lower one was served longer ago
        place_demand demand = place_demand::none;
        bool notified = false;
    };
    using shared_member = std::shared_ptr<member>;
    struct server_places {
        std::size_t max = 0;
        std::size_t used = 0;
    };

    bool has_room(std::size_t server) const;
    void count(member& who, std::ptrdiff_t change);
    member* first_to_serve();
    void serve(travelling connection, const member& giver);
    void update_demand();
    void demand_for(const member& asking, std::vector<place_demand>& demands);
    bool would_help(const member& asking, const member& other) const;
    static void notify(const shared_member& who);

    mutable std::mutex mutex_;
    std::size_t total_max_;
    std::size_t total_used_ = 0;
    std::vector<server_places> servers_;
    std::vector<shared_member> members_;  // one a pool
    std::uint64_t last_turn_ = 0;
};

/// One pool's part of them, for the pool's thread.
class place_share {
public:
    /// `changed` is called on `executor` when collect() or demand() may say something new.
    place_share(std::shared_ptr<connection_places> all, std::size_t server,
                boost::asio::any_io_executor executor, std::function<void()> changed);
    ~place_share();  // gives back all places
    place_share(const place_share&) = delete;
    place_share& operator=(const place_share&) = delete;

    /// Takes a free place, if there is one and nobody asked before.
    bool take();
    /// Gives one back, with a connection if one may go on in another thread.
    void give(std::unique_ptr<travelling_connection> connection = nullptr);
    /// Asks for one more, until it is granted.
    void ask();
    void ask_no_more();
    /// What has been granted since, a place each; some with a connection.
    std::vector<std::unique_ptr<travelling_connection>> collect();
    place_demand demand() const;

private:
    std::shared_ptr<connection_places> all_;
    connection_places::shared_member self_;
};

}  // namespace pool
