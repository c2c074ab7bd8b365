#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "proxy/response_relay.hpp"
#include "tests/proxy/session/wire_client.hpp"

namespace session_test {

/// What became of a response that went through a relay.
struct relayed {
    bytes told;              // to the client
    std::size_t unused = 0;  // bytes of the response that were not taken
    bool done = false;
    bool failed = false;  // the relay found the response impossible
    friend bool operator==(const relayed&, const relayed&) = default;
};

/// Sends `response` through a relay, `piece(n)` bytes at the n-th time.  Each piece is in a heap
/// block of its own, so that AddressSanitizer sees a step too far.
relayed relay(const proxy::response_relay::options& how, proxy::response_observer& observer,
              const bytes& response, const std::function<std::size_t(std::size_t)>& piece);

/// All in one piece.
relayed relay(const proxy::response_relay::options& how, proxy::response_observer& observer,
              const bytes& response);

/// Tells clients nothing of the trackers, and counts.
class silent_observer final : public proxy::response_observer {
public:
    protocol::bytes_view on_ok(const protocol::ok_packet&) override {
        ++oks;
        return {};
    }
    void on_err(const protocol::err_packet&) override { ++errors; }
    int oks = 0;
    int errors = 0;
};

}  // namespace session_test
