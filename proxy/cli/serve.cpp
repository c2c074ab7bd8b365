#include <signal.h>
#include <spdlog/logger.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <thread>

#include "proxy/cli/command_line.hpp"
#include "proxy/cli/commands.hpp"
#include "proxy/log.hpp"
#include "proxy/service.hpp"

namespace proxy::cli {
namespace {

// Passwords are in memory: no core file, and no debugger of the same user.
void protect_secrets() {
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
    prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
#endif
}

// Every client and every backend connection is a descriptor.
void raise_file_limit(const config& settings, spdlog::logger& log) {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    constexpr std::size_t own = 100;  // listeners, logs, replicators
    std::size_t needed = own + settings.limits.clients_max + settings.primary.connections_max;
    for (const edge_config& edge : settings.edges) needed += edge.server.connections_max;
    if (files.rlim_max < needed) {
        log.warn(log_event("file_limit_low")("have", files.rlim_max)("need", needed)(
                     "advice",
                     "raise the limit of open files (ulimit -n, LimitNOFILE=) or lower "
                     "limits.clients_max")
                     .text());
    }
}

/// The signals the process ends by, received where they are waited for and nowhere else: no handler
/// runs between two instructions of somebody.  Made before the first thread, since threads inherit
/// the mask.
class signals {
public:
    static constexpr int drained = SIGUSR1;  // from our own drain thread

    signals() {
        sigemptyset(&set_);
        for (const int number : {SIGTERM, SIGINT, SIGHUP, drained}) sigaddset(&set_, number);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        ::signal(SIGPIPE, SIG_IGN);  // a closed socket is an error of its write
    }

    /// Waits for a signal that means something now.
    int wait(bool draining) const {
        for (;;) {
            int number = 0;
            sigwait(&set_, &number);
            if (number != (draining ? SIGHUP : drained)) return number;
        }
    }

private:
    sigset_t set_{};
};

void reload_certificates(service& running, spdlog::logger& log) {
    try {
        running.reload_certificates();
        log.info(
            log_event("certificates_reloaded")("note", "other settings need a restart").text());
    } catch (const std::runtime_error& failure) {
        log.error(log_event("reload_failed")("error", failure.what())("note", "nothing has changed")
                      .text());
    }
}

const char* name_of(int signal) {
    return signal == SIGTERM ? "SIGTERM" : "SIGINT";
}

}  // namespace

int serve(const serve_options& options, std::ostream& err) {
    protect_secrets();
    const signals received;
    auto loaded = load_or_complain(options.config, err);
    if (!loaded) return exit_problem;
    const auto settings = std::make_shared<const config>(std::move(*loaded));
    const auto log = make_logger(settings->log);
    for (const std::string& warning : settings->warnings)
        log->warn(log_event("config_warning")("text", warning).text());
    raise_file_limit(*settings, *log);

    std::optional<service> running;
    try {
        running.emplace(settings, *log);
        running->start();
    } catch (const std::runtime_error& failure) {  // a file, an address
        log->error(log_event("start_failed")("error", failure.what()).text());
        return exit_problem;
    }

    int signal = received.wait(false);
    for (; signal == SIGHUP; signal = received.wait(false)) reload_certificates(*running, *log);
    log->info(log_event("stopping")("signal", name_of(signal)).text());
    std::thread drain([&running] {
        running->stop();
        ::kill(::getpid(), signals::drained);
    });
    const int next = received.wait(true);
    if (next != signals::drained) {
        log->warn(log_event("stopped_at_once")("signal", name_of(next)).text());
        std::_Exit(exit_problem);  // the drain may last long, and nobody wants to wait for it
    }
    drain.join();
    log->info(log_event("stopped").text());
    return exit_ok;
}

}  // namespace proxy::cli
