#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "pool/backend_connection.hpp"

namespace pool {

class server_pool;

/// A connection on loan.  Goes back to the pool with give_back(), and is closed otherwise: whoever
/// leaves in the middle of something leaves nothing behind.
class lease {
public:
    lease() = default;
    lease(server_pool& owner, std::unique_ptr<backend_connection> connection)
        : owner_(&owner), connection_(std::move(connection)) {}
    ~lease() { discard(); }
    lease(lease&& other) noexcept = default;
    lease& operator=(lease&& other) noexcept;

    explicit operator bool() const noexcept { return connection_ != nullptr; }
    backend_connection& operator*() const noexcept { return *connection_; }
    backend_connection* operator->() const noexcept { return connection_.get(); }
    server_pool* owner() const noexcept { return owner_; }

    /// The connection is idle, its answer read to the end, and in the state it says it is in.
    void give_back();
    /// Closes it.
    void discard() noexcept;

private:
    server_pool* owner_ = nullptr;
    std::unique_ptr<backend_connection> connection_;
};

/// A loan that its session could do without, if somebody else waits for a connection: what is kept
/// only because the next statement might be SHOW WARNINGS.
class reclaimable {
public:
    virtual ~reclaimable() = default;
    /// Gives the loan back at once.  The session is not in the middle of a statement.
    virtual void reclaim() = 0;
};

/// What a pool counts; the owner gives the places.
class pool_observer {
public:
    virtual ~pool_observer() = default;
    virtual void opened(bool success) = 0;
    virtual void closed() = 0;
    virtual void lent(std::chrono::microseconds waited, bool had_to_wait) = 0;
    virtual void taken_back() = 0;
    virtual void wait_timed_out() = 0;
};

struct pool_limits {
    std::size_t connections_max = 10;  // open or being opened
    std::size_t prepared_max = 200;    // statements of one connection
    std::chrono::milliseconds connect_timeout{5000};
    /// A connection unused for longer is looked at before it is lent, as the server may have closed
    /// it; so is any other after one that was lent has not come back.
    std::chrono::milliseconds trust_idle{1000};
};

/// One worker's connections to one server.  Not for several threads.
///
/// Sessions that find none free wait in line, first come, first served; the line moves when a
/// connection comes back, is closed, or could not be opened.
class server_pool {
public:
    using clock = backend_connection::clock;

    /// `blank` is the state of a fresh connection: no schema, no settings.
    server_pool(boost::asio::any_io_executor executor, server_endpoint server, pool_limits limits,
                block_pool& blocks, shared_vector blank, pool_observer& observer);
    ~server_pool();
    server_pool(const server_pool&) = delete;
    server_pool& operator=(const server_pool&) = delete;

    /// Lends a connection of `account` that is in the state `wanted`, or can be brought to it.
    ///
    /// Prefers one that is in that state already, then any that is free, then opens one, then
    /// waits.
    ///
    /// @param give_up  The end of waiting; opening is bounded by connect_timeout besides.
    /// @param refusal  Set when the server refused the account: login_denied.
    /// @return  The loan, not yet synchronised; or timed_out, connect_failed, login_denied,
    ///          bad_answer, shutting_down.
    boost::asio::awaitable<result<lease>> borrow(const backend_account& account,
                                                 const shared_vector& wanted,
                                                 clock::time_point give_up,
                                                 server_refusal& refusal);

    /// The fast path of borrow(): a free connection in exactly this state, or nothing.
    lease borrow_now(const backend_account& account, const shared_vector& wanted);

    /// Offers a loan for reclaim, oldest first, until withdraw(); at once if somebody waits.
    void offer(reclaimable& loan);
    void withdraw(reclaimable& loan);

    /// Closes all connections, those on loan too; new ones may be opened.  For a server that does
    /// not answer: whoever waits for it finds its connection lost.
    void drop_connections();

    /// Ends all waiting and closes all connections, those on loan and those being opened too:
    /// whoever reads from one finds it lost.
    void shut_down();

    const server_endpoint& server() const noexcept { return server_; }
    std::size_t open() const noexcept { return open_; }
    std::size_t idle() const noexcept { return idle_.size(); }
    std::size_t waiting() const noexcept { return waiters_.size(); }

private:
    friend class lease;
    struct waiter;

    std::unique_ptr<backend_connection> take_idle(const backend_account& account,
                                                  const shared_vector& wanted);
    bool is_trusted(const backend_connection& free) const;
    bool make_room();
    boost::asio::awaitable<result<lease>> open_one(const backend_account& account,
                                                   clock::time_point began,
                                                   clock::time_point give_up,
                                                   server_refusal& refusal);
    boost::asio::awaitable<bool> wait_in_line(waiter& self);
    void take_back(std::unique_ptr<backend_connection> connection);
    void discard(std::unique_ptr<backend_connection> connection) noexcept;
    void close(std::unique_ptr<backend_connection> connection) noexcept;
    void slot_became_free();

    boost::asio::any_io_executor executor_;
    server_endpoint server_;
    pool_limits limits_;
    block_pool* blocks_;
    shared_vector blank_;
    pool_observer* observer_;
    std::vector<std::unique_ptr<backend_connection>> idle_;  // most recently used last
    std::vector<backend_connection*> all_;                   // idle, lent and being opened
    std::list<waiter*> waiters_;      // bounded by the sessions of the worker
    std::list<reclaimable*> offers_;  // likewise
    std::size_t open_ = 0;            // idle, lent or being opened
    clock::time_point last_discard_ = clock::time_point::min();
    bool shut_down_ = false;
};

}  // namespace pool
