#include <cstdlib>

#include "protocol/capabilities.hpp"
#include "protocol/column_definition.hpp"
#include "protocol/err_packet.hpp"
#include "protocol/ok_packet.hpp"
#include "protocol/prepare_ok.hpp"
#include "protocol/session_track.hpp"
#include "protocol/text_row.hpp"

/// What a server answers, and the session state inside.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const protocol::bytes_view payload(data, size);
    if (const auto ok = protocol::decode_ok(payload, protocol::capability::session_track)) {
        protocol::session_track_reader in(ok->session_state);
        std::size_t seen = 0;
        while (in.next()) seen += 1 + in.change().name.size() + in.change().value.size();
        if (seen > size) std::abort();

        protocol::writer out;
        encode(*ok, protocol::capability::session_track, out);
        const auto again =
            protocol::decode_ok(out.view(), protocol::capability::session_track).value();
        if (again.affected_rows != ok->affected_rows || again.info != ok->info) std::abort();
    }
    (void)protocol::decode_ok(payload, 0);
    (void)protocol::decode_err(payload);
    (void)protocol::decode_prepare_ok(payload, 0);
    (void)protocol::decode_column_definition(payload);
    (void)protocol::decode_text_row(payload, 3, [](auto, auto) {});
    return 0;
}
