#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>
#include "pool/task.hpp"

#include "pool/backend_connection.hpp"
#include "proxy/config.hpp"

namespace proxy {

/// Asks every edge once a second whether it answers, each on a connection of its own, all on one
/// thread.
///
/// A server that is frozen, or cut off without a word, closes nothing: reads that wait for it would
/// wait for ever.  What a probe finds lets them go to the primary.
class edge_probes {
public:
    /// Called on the probes' thread after each probe, with the edge's place in the configuration.
    using listener = std::function<void(std::size_t edge, bool answers)>;

    /// Called on the probes' thread after a new connection: what time_zone = SYSTEM means there.
    using zone_listener = std::function<void(std::size_t edge, const std::string& zone)>;

    edge_probes(const config& settings, listener tell, zone_listener tell_zone);
    ~edge_probes();  // stop()s
    edge_probes(const edge_probes&) = delete;
    edge_probes& operator=(const edge_probes&) = delete;

    void start();
    void stop();
    /// Any thread.  For the next connection to that edge; null changes nothing.
    void use_tls(std::size_t edge, std::shared_ptr<boost::asio::ssl::context> tls);

private:
    struct probe {
        probe(boost::asio::io_context& context, const server_config& edge);
        pool::server_endpoint server;
        boost::asio::steady_timer timer;
        std::unique_ptr<pool::backend_connection> connection{};
    };

    pool::task<void> run(std::size_t edge);
    pool::task<bool> answers(std::size_t edge);

    listener tell_;
    zone_listener tell_zone_;
    pool::backend_account account_;
    boost::asio::io_context context_{1};
    pool::block_pool blocks_{16 * 1024};
    pool::vector_interner vectors_;
    std::vector<std::unique_ptr<probe>> probes_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace proxy
