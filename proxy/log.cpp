#include "proxy/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <optional>

#include "proxy/log_line.hpp"

namespace proxy {
namespace {

std::string format_time(spdlog::log_clock::time_point time) {
    using namespace std::chrono;
    const auto since_epoch = time.time_since_epoch();
    const auto micros = duration_cast<microseconds>(since_epoch).count() % 1'000'000;
    const std::time_t whole = duration_cast<seconds>(since_epoch).count();
    return fmt::format("{:%FT%T}.{:06}Z", fmt::gmtime(whole), micros);
}

std::string_view level_name(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::trace:
            return "trace";
        case spdlog::level::debug:
            return "debug";
        case spdlog::level::info:
            return "info";
        case spdlog::level::warn:
            return "warn";
        default:
            return "error";
    }
}

/// Turns every message into an event, so that what libraries and other rooms log has the same form.
class line_formatter final : public spdlog::formatter {
public:
    explicit line_formatter(bool json) : json_(json) {}

    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        const std::string_view payload(message.payload.data(), message.payload.size());
        const std::string line = is_event_line(payload)
                                     ? std::string(payload)
                                     : log_event("message")("text", payload).text();
        const std::string time = format_time(message.time);
        const std::string_view level = level_name(message.level);
        if (json_)
            fmt::format_to(std::back_inserter(out), "{}\n", event_line_to_json(time, level, line));
        else
            fmt::format_to(std::back_inserter(out), "{} {} {}\n", time, level, line);
    }

    std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<line_formatter>(json_);
    }

private:
    bool json_;
};

}  // namespace

log_event& log_event::operator()(std::string_view key, std::string_view value) {
    line_ += ' ';
    line_ += key;
    line_ += '=';
    append_value(line_, value);
    return *this;
}

std::shared_ptr<spdlog::logger> make_logger(const log_config& settings) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto logger = std::make_shared<spdlog::logger>("tidegate", std::move(sink));
    logger->set_formatter(std::make_unique<line_formatter>(settings.format == "json"));
    logger->set_level(spdlog::level::from_str(settings.level));
    logger->flush_on(spdlog::level::trace);
    return logger;
}

}  // namespace proxy
