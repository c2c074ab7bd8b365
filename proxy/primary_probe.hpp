#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include "pool/task.hpp"

#include "pool/backend_connection.hpp"
#include "proxy/config.hpp"
#include "proxy/primary_position.hpp"
#include "proxy/server_facts.hpp"
#include "proxy/stored_code_reader.hpp"

namespace proxy {

/// Asks the primary once a second whether it answers, on one connection of its own and a thread of
/// its own, and learns from it what the greeting, the lexer and new sessions need, again whenever
/// its global variables change; and, on demand, what it has committed.
class primary_probe {
public:
    /// Called on the probe's thread.  `error` is empty if the primary answered; `learned` is null
    /// unless something has changed.
    using listener =
        std::function<void(const std::string& error, std::shared_ptr<const server_facts> learned)>;

    /// Called on the probe's thread after a new connection: the primary's system_time_zone.
    using zone_listener = std::function<void(const std::string& zone)>;
    using position_listener = std::function<void(const position_report& report)>;

    /// Called after a probe that found the primary silent for limits.silence_timeout or longer.
    using silence_listener = std::function<void(std::chrono::milliseconds silence)>;

    /// Called after the stored code has been read, from `asked_at` on; null if it is what it was.
    using code_listener = std::function<void(std::chrono::steady_clock::time_point asked_at,
                                             std::shared_ptr<const stored_code_report> report)>;

    primary_probe(const config& settings, listener tell, zone_listener tell_zone,
                  position_listener tell_position, silence_listener tell_silence,
                  code_listener tell_code);
    ~primary_probe();  // stop()s
    primary_probe(const primary_probe&) = delete;
    primary_probe& operator=(const primary_probe&) = delete;

    void start();
    void stop();

    /// Any thread.  For its next connection; null changes nothing.
    void use_tls(std::shared_ptr<boost::asio::ssl::context> tls);

    /// Any thread.  Asks for the primary's position; requests that come while one is under way are
    /// served together by the next.
    void ask_position();
    /// Any thread.  Asks at once whether the global variables have changed.
    void ask_globals();
    /// Any thread.  Reads at once what code the primary stores.
    void ask_stored_code();

private:
    pool::task<void> run();
    pool::task<void> probe_once();
    pool::task<void> tell_positions();
    pool::task<std::shared_ptr<const server_facts>> learn();
    pool::task<bool> lift_limits();
    pool::task<bool> ask_globals_of_primary(std::chrono::steady_clock::time_point give_up,
                                            std::shared_ptr<const server_facts>& learned);
    pool::task<bool> read_stored_code();

    using clock = pool::backend_connection::clock;

    void note_silence();

    listener tell_;
    zone_listener tell_zone_;
    position_listener tell_position_;
    silence_listener tell_silence_;
    code_listener tell_code_;
    pool::server_endpoint server_;
    pool::backend_account account_;
    std::chrono::milliseconds timeout_;
    std::chrono::milliseconds silence_max_;
    clock::time_point heard_at_{};
    std::string version_override_;
    boost::asio::io_context context_{1};
    boost::asio::steady_timer timer_{context_};
    pool::block_pool blocks_{16 * 1024};
    pool::vector_interner vectors_;
    std::unique_ptr<pool::backend_connection> connection_;
    bool stopping_ = false;
    bool position_wanted_ = false;
    bool globals_wanted_ = false;
    bool code_wanted_ = false;
    clock::time_point next_reading_{};  // of the stored code
    clock::time_point no_reading_before_{};
    stored_code_reader code_;
    std::vector<std::vector<std::optional<std::string>>> globals_;  // when the facts were learned
    std::thread thread_;
};

}  // namespace proxy
