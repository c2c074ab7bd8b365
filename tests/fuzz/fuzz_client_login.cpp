#include "protocol/client_login.hpp"

/// A server that says anything: one byte of flags, then for each packet a u16 size and its payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace protocol;
    cursor in(bytes_view(data, size));
    const std::uint8_t flags = in.u8();
    client_login login({.user = "app",
                        .password = flags & 1 ? "secret" : "",
                        .schema = "shop",
                        .attributes = {{"a", "b"}},
                        .tls = flags & 2 ? client_login_options::tls_mode::required
                                         : client_login_options::tls_mode::off});
    std::uint8_t sequence = 0;
    while (!in.at_end()) {
        const bytes_view payload = in.bytes(in.u16());
        if (in.failed()) break;
        auto step = login.advance(payload, sequence++);
        if (step && !step->output.empty()) ++sequence;
        if (step && step->next == client_login::action::start_tls) {
            step = login.tls_established();
            ++sequence;
        }
        if (!step || step->next != client_login::action::read) break;
    }
    return 0;
}
