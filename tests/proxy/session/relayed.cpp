#include "tests/proxy/session/relayed.hpp"

#include <algorithm>

namespace session_test {

relayed relay(const proxy::response_relay::options& how, proxy::response_observer& observer,
              const bytes& response, const std::function<std::size_t(std::size_t)>& piece) {
    relayed result;
    proxy::response_relay relay(how, observer);
    proxy::relay_output out;
    bytes input;
    std::size_t at = 0;
    for (std::size_t n = 0; !relay.done() && at < response.size(); ++n) {
        const std::size_t size = std::min(piece(n), response.size() - at);
        bytes grown(input.size() + size);
        std::copy(input.begin(), input.end(), grown.begin());
        std::copy_n(response.begin() + static_cast<std::ptrdiff_t>(at), size,
                    grown.begin() + static_cast<std::ptrdiff_t>(input.size()));
        input = std::move(grown);
        at += size;

        out.clear();
        const auto taken = relay.take(input, out);
        if (!taken) {
            result.failed = true;
            break;
        }
        std::size_t told = 0;
        for (const auto& buffer : out.gather(input)) {
            const auto* const from = static_cast<const std::uint8_t*>(buffer.data());
            result.told.insert(result.told.end(), from, from + buffer.size());
            told += buffer.size();
        }
        if (told != out.bytes()) result.failed = true;
        input = bytes(input.begin() + static_cast<std::ptrdiff_t>(*taken), input.end());
        if (!relay.done() && relay.needed() <= input.size()) result.failed = true;  // would hang
    }
    result.done = relay.done();
    result.unused = input.size() + response.size() - at;
    return result;
}

relayed relay(const proxy::response_relay::options& how, proxy::response_observer& observer,
              const bytes& response) {
    return relay(how, observer, response, [&](std::size_t) { return response.size(); });
}

}  // namespace session_test
