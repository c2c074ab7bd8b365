#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/config.hpp"

namespace spdlog {
class logger;
}

namespace proxy {

/// The process's logger: one line an event, to standard error.  Any thread may use it.
///
/// text: `2026-01-31T12:00:00.123456Z info client_connected client=7 from=10.0.0.1:4711`
/// json: `{"time":"2026-01-31T12:00:00.123456Z","level":"info","event":"client_connected",…}`
///
/// Events are made by log_event; a plain message becomes the event `message` of the same form, so
/// that every line can be read by a machine.
std::shared_ptr<spdlog::logger> make_logger(const log_config& settings);

/// One event and its values:
///
///     log.info(log_event("client_connected")("client", id)("from", peer).text());
///
/// Values are escaped: a line holds no control characters, so nothing that a peer sends can forge
/// another line.  Never give it passwords, literals of statements or rows.
class log_event {
public:
    /// `name` in snake_case: what people search for.
    explicit log_event(std::string_view name) : line_(name) {}

    log_event& operator()(std::string_view key, std::string_view value);
    log_event& operator()(std::string_view key, const char* value) {
        return (*this)(key, std::string_view(value));
    }
    template <typename Number>
        requires std::integral<Number> && (!std::same_as<Number, bool>)
    log_event& operator()(std::string_view key, Number value) {
        return (*this)(key, std::string_view(std::to_string(value)));
    }
    log_event& operator()(std::string_view key, bool value) {
        return (*this)(key, std::string_view(value ? "true" : "false"));
    }

    /// `client_connected client=7 from=10.0.0.1:4711`
    const std::string& text() const noexcept { return line_; }

private:
    std::string line_;
};

}  // namespace proxy
