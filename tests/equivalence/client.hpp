#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/equivalence/answer.hpp"
#include "tests/equivalence/script.hpp"
#include "tests/support/raw_client.hpp"

namespace equivalence {

/// One session of a script, on one server: it sends what the steps say and writes the answers down.
///
/// begin() and finish() are apart so that two servers can work at the same time.
class client {
public:
    explicit client(std::uint16_t port) : port_(port) {}
    ~client() { leave(); }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    /// `victim` is the connection id that a KILL is about.  Errors: bad_script.
    void begin(const step& one, std::uint32_t victim = 0);
    /// The answer to what begin() has sent; empty for a command without one.
    answer finish();
    /// After a KILL by another session: how the connection ends.
    answer end();
    std::uint32_t connection_id() const noexcept { return connection_id_; }

private:
    std::optional<std::vector<std::uint8_t>> payload_of(const step& one,
                                                        std::uint32_t victim) const;
    std::uint32_t id_of(const std::string& name) const;
    void send(protocol::bytes_view payload, std::uint8_t sequence = 0);
    /// The next packet's payload; nothing, and a line in `told`, if there is none.
    std::optional<std::vector<std::uint8_t>> receive(answer& told);
    answer log_in();
    answer converse();
    answer change_user();
    void leave();

    std::uint16_t port_;
    std::optional<support::raw_client> socket_;
    std::uint32_t capabilities_ = 0;
    std::uint32_t connection_id_ = 0;
    std::uint8_t sequence_ = 0;  // of the next packet from the server
    step current_;
    std::map<std::string, std::uint32_t> statements_;  // their ids
};

/// The password of a script's account; every script may use `app` and `app2`.
std::string password_of(const std::string& user);

}  // namespace equivalence
