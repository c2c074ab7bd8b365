#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/binlog_dump.hpp"
#include "protocol/packet.hpp"
#include "tests/support/mysql_server.hpp"
#include "tests/support/raw_client.hpp"

namespace binlog_test {

/// The smallest replica's connection: logs in to a source as root, and reads its dump.  Throws
/// when the source does something else than a test expects.
class dump_client {
public:
    explicit dump_client(const support::mysql_server& source);

    /// A statement without a result.
    void run(const std::string& sql);

    void begin(const protocol::binlog_dump_gtid& dump);

    /// The bytes of the next event, valid until the next call; nothing at the end of a
    /// non-blocking dump.
    std::optional<protocol::bytes_view> next_event();

private:
    void send(protocol::bytes_view command);
    protocol::bytes_view next_payload();
    void log_in();

    support::raw_client socket_;
    std::vector<std::uint8_t> received_{};
    protocol::packet_assembler packets_{std::size_t{64} << 20};
};

}  // namespace binlog_test
