// The sections of settings: listen, tls, routing, limits, log.

#include <fstream>

#include "proxy/config_loaders.hpp"

namespace proxy {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t networks_max = 1000;

}  // namespace

void check_readable(section& in, std::string_view key, const std::filesystem::path& file) {
    if (file.empty()) return;
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error) || !std::ifstream(file).good())
        in.complain(key, "names a file that cannot be read: " + file.string());
}

void load_listen(section in, config& out) {
    in.address("mysql", out.mysql);
    in.address("http", out.http);
    if (out.mysql.port == 0) in.complain("mysql", "cannot be off: it is where clients connect");
    section proxies = in.child("proxy_protocol");
    std::vector<std::string> from;
    proxies.texts("from", from, networks_max);
    if (proxies.present()) proxies.require("from", "only these may say who they speak for");
    for (const std::string& text : from) {
        const auto one = network::parse(text);
        if (one)
            out.proxy_protocol_from.push_back(*one);
        else
            proxies.complain("from", "has '" + text + "', which is no network such as 10.0.0.0/8");
    }
    proxies.finish();
    if (out.mysql == out.http) in.complain("http", "is the same address as 'listen.mysql'");
    in.finish();
}

void load_tls(section in, tls_config& out) {
    out.mode = static_cast<tls_mode>(in.choice("mode", static_cast<std::size_t>(out.mode),
                                               {"disabled", "preferred", "required"}));
    in.path("certificate", out.certificate);
    in.path("key", out.key);
    in.path("client_ca_file", out.client_ca_file);
    in.flag("require_client_certificate", out.require_client_certificate);
    check_readable(in, "client_ca_file", out.client_ca_file);
    if (out.require_client_certificate)
        in.require("client_ca_file", "clients' certificates are checked with it");
    if (out.require_client_certificate && out.mode != tls_mode::required)
        in.complain("require_client_certificate",
                    "needs 'mode: required': a client without TLS has no certificate");
    if (out.mode != tls_mode::disabled) {
        in.require("certificate", "clients are offered TLS");
        in.require("key", "clients are offered TLS");
        check_readable(in, "certificate", out.certificate);
        check_readable(in, "key", out.key);
    }
    in.finish();
}

void load_routing(section in, routing_config& out) {
    in.duration("wait", out.wait, 0ms, 1h);
    in.finish();
}

void load_limits(section in, limits_config& out) {
    in.number("clients_max", out.clients_max, 1, 1'000'000);
    in.duration("connect_timeout", out.connect_timeout, 10ms, 10min);
    in.duration("silence_timeout", out.silence_timeout, 0ms, 1h);
    in.duration("login_timeout", out.login_timeout, 10ms, 10min);
    in.number("connections_max", out.connections_max, 0, 1'000'000);
    in.duration("queue_timeout", out.queue_timeout, 1ms, 1h);
    in.number("queue_max", out.queue_max, 1, 1'000'000);
    in.duration("answer_age_max", out.answer_age_max, 0ms, 1h);
    in.number("read_retries_max", out.read_retries_max, 0, 100);
    in.duration("read_retry_time", out.read_retry_time, 0ms, 1h);
    in.duration("connection_max_age", out.connection_max_age, 1s, 365 * 24h);
    in.duration("connection_idle_max", out.connection_idle_max, 1s, 365 * 24h);
    in.duration("client_idle_timeout", out.client_idle_timeout, 1s, 365 * 24h);
    in.duration("shutdown_timeout", out.shutdown_timeout, 0ms, 1h);
    // The protocol's own smallest and largest max_allowed_packet.
    in.size("packet_bytes_max", out.packet_bytes_max, 1024, std::uint64_t{1} << 30);
    in.size("memory", out.memory, 0, std::uint64_t{1} << 44);
    // One command may be that long, is kept twice, and a quarter is always left for the others.
    if (out.memory > 0 && out.memory < 4 * out.packet_bytes_max)
        in.complain("memory", "must be at least four times 'packet_bytes_max', or 0");
    in.number("convoy_max", out.convoy_max, 1, 64);
    in.duration("convoy_wait", out.convoy_wait, 1ms, 10s);
    in.number("prepared_per_connection_max", out.prepared_per_connection_max, 1, 100'000);
    in.number("prepared_per_session_max", out.prepared_per_session_max, 1, 1'000'000);
    in.finish();
}

void load_log(section in, log_config& out) {
    static const std::vector<std::string_view> levels{"trace", "debug", "info", "warn", "error"};
    static const std::vector<std::string_view> formats{"text", "json"};
    out.level = levels[in.choice("level", 2, levels)];
    out.format = formats[in.choice("format", 0, formats)];
    in.finish();
}

}  // namespace proxy
