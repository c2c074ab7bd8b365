#include "pool/error.hpp"

#include <string>

namespace pool {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "pool"; }
    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::timed_out:
                return "no backend connection became free in time; see limits.queue_timeout and "
                       "the server's connections_max";
            case errc::user_limit:
                return "no backend connection of the user became free in time; see "
                       "limits.queue_timeout and users[].connections_max";
            case errc::line_full:
                return "too many sessions wait for a backend connection; see limits.queue_max and "
                       "the server's connections_max";
            case errc::connect_failed:
                return "the server cannot be reached; see its host and port, and whether it runs";
            case errc::login_denied:
                return "the server refused the account; see users and the account on the server";
            case errc::tls_failed:
                return "TLS with the server failed; see its tls settings and certificate here and "
                       "there";
            case errc::lost:
                return "the server closed the connection; see its error log";
            case errc::bad_answer:
                return "the server sent a packet that MySQL's protocol does not allow here";
            case errc::state_refused:
                return "the server did not take over the session's schema or variables";
            case errc::statement_refused:
                return "the server did not prepare the statement";
            case errc::shutting_down:
                return "Tidegate is shutting down";
        }
        return "unknown pool error";
    }
};

}  // namespace

const boost::system::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

}  // namespace pool
