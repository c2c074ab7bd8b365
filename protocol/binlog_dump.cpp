#include "protocol/binlog_dump.hpp"

#include "protocol/command.hpp"

namespace protocol {
namespace {

void short_text(std::string_view text, writer& out) {
    const auto kept = text.substr(0, 255);
    out.u8(static_cast<std::uint8_t>(kept.size()));
    out.text(kept);
}

}  // namespace

void encode(const register_replica& replica, writer& out) {
    out.u8(static_cast<std::uint8_t>(command::register_replica));
    out.u32(replica.server_id);
    short_text(replica.host, out);
    short_text(replica.user, out);
    short_text(replica.password, out);
    out.u16(replica.port);
    out.u32(0);  // rank: unused
    out.u32(0);  // the source's server id: it knows
}

void encode(const binlog_dump_gtid& dump, writer& out) {
    writer set;
    (dump.executed == nullptr ? gtid_set{} : *dump.executed).encode(set);
    out.u8(static_cast<std::uint8_t>(command::binlog_dump_gtid));
    out.u16(dump.flags);
    out.u32(dump.server_id);
    out.u32(static_cast<std::uint32_t>(dump.file.size()));
    out.text(dump.file);
    out.u64(dump.position);
    out.u32(static_cast<std::uint32_t>(set.size()));
    out.bytes(set.view());
}

}  // namespace protocol
