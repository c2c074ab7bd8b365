// The binary form of GTID sets, in COM_BINLOG_DUMP_GTID and previous_gtids events.  Integers are
// little-endian; `end` is behind the interval's last number.
//
//     without tags:  u64 sources, { uuid, u64 intervals, { u64 start, u64 end } }
//     with tags:     u8 1, u48 sequences, u8 1, { uuid, varint size, tag, u64 intervals, {...} }
//
// The eighth byte tells them apart: no set has 2^56 sources.

#include "protocol/binlog_varint.hpp"
#include "protocol/gtid_set.hpp"

namespace protocol {
namespace {

constexpr std::uint64_t tagged_format = 1;

result<gtid_tag> read_tag(cursor& in) {
    const std::uint64_t size = read_varint(in);
    if (in.failed()) return errc::truncated;
    if (size > gtid_tag::size_max) return errc::bad_gtid;
    const auto text = in.text(size);
    if (in.failed()) return errc::truncated;
    return gtid_tag::parse(text);
}

uuid read_uuid(cursor& in) {
    uuid read;
    for (auto& byte : read.bytes) byte = in.u8();
    return read;
}

}  // namespace

result<gtid_set> gtid_set::decode(bytes_view data) {
    cursor in(data);
    const std::uint64_t head = in.u64();
    const std::uint64_t format = head >> 56;
    if (format > tagged_format) return errc::malformed;
    const bool tagged = format == tagged_format;
    if (tagged && (head & 0xff) != tagged_format) return errc::malformed;
    const std::uint64_t count = tagged ? head >> 8 & 0xffff'ffff'ffff : head;

    std::vector<gtid_sequence> sequences;
    std::vector<loose_interval> loose;
    for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
        gtid_sequence sequence{read_uuid(in), {}};
        if (tagged) {
            const auto tag = read_tag(in);
            if (!tag) return tag.error();
            sequence.tag = *tag;
        }
        const std::uint64_t interval_count = in.u64();
        std::uint64_t behind_last = 0;
        for (std::uint64_t k = 0; k < interval_count; ++k) {
            const std::uint64_t start = in.u64();
            const std::uint64_t end = in.u64();
            if (in.failed()) return errc::truncated;
            if (start <= behind_last || end <= start || end > gtid::number_max + 1)
                return errc::malformed;
            if (loose.size() == intervals_max) return errc::limit_exceeded;
            loose.push_back({sequences.size(), {start, end - 1}});
            behind_last = end;
        }
        sequences.push_back(sequence);
    }
    if (in.failed()) return errc::truncated;
    if (!in.at_end()) return errc::trailing_bytes;
    return build(sequences, std::move(loose));
}

void gtid_set::encode(writer& out) const {
    const bool tagged = has_tags();
    const std::uint64_t count = runs_.size();
    out.u64(tagged ? tagged_format << 56 | count << 8 | tagged_format : count);
    for (const member_run& run : runs_) {
        out.bytes(run.sequence.source.bytes);
        if (tagged) {
            const auto tag = run.sequence.tag.view();
            write_small_varint(out, static_cast<std::uint8_t>(tag.size()));
            out.text(tag);
        }
        out.u64(run.numbers.size());
        for (const gtid_interval& numbers : run.numbers) {
            out.u64(numbers.first);
            out.u64(numbers.last + 1);
        }
    }
}

}  // namespace protocol
