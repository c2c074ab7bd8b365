#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>
#include "pool/task.hpp"

#include "pool/backend_connection.hpp"
#include "pool/connection_places.hpp"
#include "pool/passenger.hpp"

namespace pool {

class server_pool;
struct waiter;

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
    /// The connection is idle, but its session has left something on it: a transaction, locks,
    /// variables.  The pool resets it before it is lent again; nobody waits for that.  `vectors`
    /// must outlive the pool.
    void reset(vector_interner& vectors);
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

/// What borrow_or_ride() came to: a connection, or the end of a ride, with a connection if the ride
/// ended alone.
struct passage {
    lease connection{};
    ride_end how = ride_end::none;
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
    virtual void line_was_full() = 0;
    virtual void reset(bool success) = 0;
    /// So many statements were sent together; lent() and taken_back() count them once.
    virtual void rode(std::size_t) {}
    virtual void retired() = 0;  // closed because of its age, or unused for too long
    virtual void departed() {}   // to another thread's pool, where it has arrived()
    virtual void arrived() {}
};

struct pool_limits {
    std::size_t connections_max = 10;  // open or being opened
    std::size_t prepared_max = 200;    // statements of one connection
    /// Of an opening, and of a reset.
    std::chrono::milliseconds connect_timeout{5000};
    std::size_t convoy_max = 1;  // statements sent together down one connection
    /// For so long a statement waits, once it is sent, for those of others before it.
    std::chrono::milliseconds convoy_wait_max{20};
    /// A connection unused for longer is looked at before it is lent, as the server may have closed
    /// it; so is any other after one that was lent has not come back.
    std::chrono::milliseconds trust_idle{1000};
    std::size_t waiters_max = 10'000;  // in line
    std::size_t connections_warm = 0;  // kept open, even if nobody uses them: see sweep()
    /// A connection older than this is not lent again.  Each lives up to a tenth shorter, so that
    /// those opened together do not end together.
    std::chrono::milliseconds age_max{3'600'000};
    std::chrono::milliseconds idle_max{600'000};
    /// After an opening that failed.  Until one succeeds there is one attempt at a time, and so
    /// much time in between.
    std::chrono::milliseconds retry_pause{100};
};

/// One worker's connections to one server.  Not for several threads.
///
/// Sessions that find none wait in line, first come, first served: for a connection that comes
/// back, or for the place of one.  A user at its own limit waits for one of its own, and those
/// behind go ahead.  Invariant: nothing that is free could serve anybody in line.
///
/// While the server cannot be reached there is one attempt at a time, and its end is everybody's
/// who waits: a thousand sessions do not wait for connect_timeout one after another.
///
///   server_pool.cpp         borrowing: limits, the line, opening
///   server_pool_care.cpp    what a pool does by itself: resets, ages, warming
///   server_pool_places.cpp  limits that it shares with the pools of other threads
class server_pool {
public:
    using clock = backend_connection::clock;

    /// `blank` is the state of a fresh connection: no schema, no settings, the server's defaults.
    server_pool(boost::asio::any_io_executor executor, server_endpoint server, pool_limits limits,
                block_pool& blocks, shared_vector blank, pool_observer& observer);
    ~server_pool();
    /// From now on, and before it lends anything, its connections take places of `all`.
    /// Those that come from other threads are in a state of `vectors`, which outlives the pool.
    void share_places(std::shared_ptr<connection_places> all, std::size_t server,
                      vector_interner& vectors);
    server_pool(const server_pool&) = delete;
    server_pool& operator=(const server_pool&) = delete;

    /// Lends a connection of `account` that is in the state `wanted`, or can be brought to it.
    ///
    /// Prefers one that is in that state already, then any that is free, then opens one, then
    /// waits.
    ///
    /// @param give_up  The end of waiting; opening is bounded by connect_timeout besides.
    /// @param refusal  Set when the server refused the account: login_denied.
    /// @return  The loan, not yet synchronised; or timed_out, user_limit, line_full,
    ///          connect_failed, login_denied, bad_answer, shutting_down.
    task<result<lease>> borrow(const backend_account& account, const shared_vector& wanted,
                               clock::time_point give_up, server_refusal& refusal);

    /// As borrow(), but if there is a line, `rider` may share a connection with others in it.
    task<result<passage>> borrow_or_ride(const backend_account& account,
                                         const shared_vector& wanted, clock::time_point give_up,
                                         server_refusal& refusal, passenger* rider);

    /// The fast path of borrow(): a free connection in exactly this state, or nothing.
    lease borrow_now(const backend_account& account, const shared_vector& wanted);

    /// Offers a loan of `account` for reclaim, oldest first, until withdraw(); at once if somebody
    /// waits whom it would serve.
    void offer(reclaimable& loan, const backend_account& account);
    void withdraw(reclaimable& loan);

    /// To be called now and then: closes what is too old or unused for too long, and keeps
    /// connections_warm open for the account that was served last.
    void sweep(clock::time_point now);

    /// Changes when a connection is opened that begins in another state than the one before: the
    /// server has been restarted with other settings, or another one has taken its place.
    std::uint64_t generation(const backend_account& account) const noexcept;

    /// From now on no connection keeps more than so many prepared statements.
    void limit_prepared(std::size_t prepared_max);

    /// Memory is short: idle connections forget half of their prepared statements.
    void give_up_prepared();

    /// For connections opened from here on.  `tls` is not null, nor was the endpoint's.
    void use_tls(std::shared_ptr<boost::asio::ssl::context> tls) {
        server_.tls_context = std::move(tls);
    }

    /// From now on a fresh connection is thought to be in this state: the server has other
    /// defaults.
    void set_blank(shared_vector blank);
    /// Whether the server runs init_connect: then a reset connection is not what a new one is.
    void note_init_connect(bool runs) noexcept { runs_init_connect_ = runs; }

    /// Closes all connections, those on loan too; new ones may be opened.  For a server that does
    /// not answer: whoever waits for it finds its connection lost, whoever is in line is told that
    /// it cannot be reached.
    void drop_connections();

    /// Ends all waiting and closes all connections, those on loan and those being opened too:
    /// whoever reads from one finds it lost.
    void shut_down();

    const server_endpoint& server() const noexcept { return server_; }
    const pool_limits& limits() const noexcept { return limits_; }
    std::size_t open() const noexcept { return open_; }
    std::size_t idle() const noexcept { return idle_.size(); }
    std::size_t waiting() const noexcept { return waiting_; }

private:
    friend class lease;

    /// One user's part of the pool, whatever its sessions' capabilities.
    struct user_share {
        std::size_t open = 0;  // idle, lent, being opened or being reset
        std::list<waiter*> line{};
    };
    /// How the connection of an account that was opened last began, and how often it was not as the
    /// one before.
    struct origin {
        shared_baseline defaults{};
        std::string server_version{};
        std::uint64_t generation = 0;
    };
    struct offered_loan {
        reclaimable* loan;
        const backend_account* account;
    };
    using connection_ptr = std::unique_ptr<backend_connection>;

    user_share& share_of(const backend_account& account) {
        if (&account != share_looked_up_for_) {
            share_looked_up_ = &users_[account.user];
            share_looked_up_for_ = &account;
        }
        return *share_looked_up_;
    }
    bool is_at_limit(const backend_account& account);

    void join_line(waiter& self);
    void leave_line(waiter& self);
    void serve_line();
    bool start_convoy(const waiter& first, connection_ptr& connection);
    task<void> drive(connection_ptr connection, std::vector<waiter*> aboard,
                     std::vector<std::uint8_t> frames);
    waiter* next_in_line();
    void fail_line();
    void try_again_later();
    void reclaim_for(const waiter& self);

    std::vector<connection_ptr>::iterator find_idle(const backend_account& account,
                                                    const session_vector& wanted);
    connection_ptr take_idle(const backend_account& account, const session_vector& wanted);
    std::vector<connection_ptr>::iterator to_give_up_for(const backend_account& account);
    bool is_trusted(const backend_connection& free) const;
    bool holds_back() const;
    bool can_open(const backend_account& account);
    bool may_open_more(const backend_account& account);
    void reserve(const backend_account& account);
    void use_place(const backend_account& account);
    void release(const backend_account& account);
    clock::time_point retirement();
    void note_generation(backend_connection& opened);

    bool has_place();
    bool lacks_place();
    void on_places_changed();
    void take_in(std::unique_ptr<travelling_connection> connection);
    void return_spare_places();
    void ask_for_place();
    bool must_yield(clock::time_point now) const;
    void yield(connection_ptr connection);
    void yield_unused();
    void look_again(clock::time_point when);

    task<result<connection_ptr>> open_one(const backend_account& account, clock::time_point give_up,
                                          server_refusal& refusal);
    task<void> warm_one(const backend_account& account);
    task<void> reset_one(connection_ptr connection, vector_interner& vectors);
    void take_back(connection_ptr connection);
    void reset(connection_ptr connection, vector_interner& vectors);
    void settle(connection_ptr connection);
    void discard(connection_ptr connection) noexcept;
    void forget(connection_ptr connection) noexcept;
    void close(connection_ptr connection) noexcept;

    boost::asio::any_io_executor executor_;
    server_endpoint server_;
    pool_limits limits_;
    block_pool* blocks_;
    shared_vector blank_;
    bool runs_init_connect_ = false;
    pool_observer* observer_;
    std::vector<connection_ptr> idle_;                   // most recently used last
    std::vector<backend_connection*> all_;               // idle, lent, being opened or being reset
    std::unordered_map<std::string, user_share> users_;  // bounded by the configuration's users
    std::unordered_map<const backend_account*, origin> origins_;  // bounded likewise
    const backend_account* share_looked_up_for_ = nullptr;  // most often the same one as before
    user_share* share_looked_up_ = nullptr;
    std::size_t waiting_ = 0;         // in all lines: up to waiters_max
    std::uint64_t next_ticket_ = 0;   // of those who wait
    std::list<offered_loan> offers_;  // bounded by the sessions of the worker
    std::size_t open_ = 0;            // as all_, and those about to be opened
    std::size_t opening_ = 0;
    std::uint64_t opened_before_ = 0;
    bool failing_ = false;  // the last opening that ended did not reach the server
    clock::time_point retry_at_{};
    boost::asio::steady_timer retry_timer_;
    const backend_account* served_last_ = nullptr;  // for whom connections are kept warm
    clock::time_point last_discard_ = clock::time_point::min();
    bool shut_down_ = false;

    std::unique_ptr<place_share> places_;  // null: the limits are this pool's alone
    vector_interner* vectors_ = nullptr;   // if there are places
    std::size_t spare_places_ = 0;         // taken, and not used yet
    bool asks_for_place_ = false;
    place_demand demand_ = place_demand::none;
    clock::time_point turn_ends_{};  // until then a place is kept, even if others have none
    boost::asio::steady_timer yield_timer_;
};

}  // namespace pool
