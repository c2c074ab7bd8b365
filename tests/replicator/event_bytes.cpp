#include "tests/replicator/event_bytes.hpp"

#include "protocol/bytes.hpp"

namespace edges {
namespace {

using protocol::event_type;
using protocol::writer;

void append_bitmap(writer& out, const std::vector<bool>& bits) {
    std::uint8_t byte = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
        if (bits[i]) byte = static_cast<std::uint8_t>(byte | 1U << i % 8);
        if (i % 8 == 7 || i + 1 == bits.size()) {
            out.u8(byte);
            byte = 0;
        }
    }
}

// Values that are not present are left out of `row` as well.
void append_row(writer& out, const int_row& row) {
    std::vector<bool> nulls;
    for (const auto& value : row) nulls.push_back(!value);
    append_bitmap(out, nulls);
    for (const auto& value : row) {
        if (value) out.u32(static_cast<std::uint32_t>(*value));
    }
}

event rows_event(event_type type, std::uint64_t id, const std::vector<int_row>& rows,
                 std::vector<bool> present) {
    if (present.empty()) present.assign(rows.front().size(), true);
    std::vector<std::uint8_t> body;
    writer out(body);
    out.u48(id);
    out.u16(1);  // the statement ends here
    out.u16(2);  // no extra data
    out.lenenc(present.size());
    append_bitmap(out, present);
    if (type == event_type::update_rows) append_bitmap(out, present);
    for (const auto& row : rows) append_row(out, row);
    return of_type(type, std::move(body));
}

}  // namespace

std::vector<std::uint8_t> event::bytes() const {
    std::vector<std::uint8_t> all;
    writer out(all);
    out.u32(header.timestamp);
    out.u8(static_cast<std::uint8_t>(header.type));
    out.u32(header.server_id);
    out.u32(static_cast<std::uint32_t>(protocol::event_header::size + body.size()));
    out.u32(0);
    out.u16(header.flags);
    out.bytes(body);
    return all;
}

event of_type(event_type type, std::vector<std::uint8_t> body) {
    return {.header = {.type = type}, .body = std::move(body)};
}

event gtid(std::uint64_t number) {
    std::vector<std::uint8_t> body;
    writer out(body);
    out.u8(0);
    for (std::uint8_t i = 0; i < 16; ++i) out.u8(i);
    out.u64(number);
    out.u8(2);
    out.u64(0);
    out.u64(1);
    out.fixed(1'700'000'000'000'000 + number, 7);
    out.lenenc(0);
    out.u32(90704);
    return of_type(event_type::gtid, std::move(body));
}

event query(const std::string& text, const std::string& schema) {
    std::vector<std::uint8_t> body;
    writer out(body);
    out.u32(1);
    out.u32(0);
    out.u8(static_cast<std::uint8_t>(schema.size()));
    out.u16(0);
    out.u16(0);
    out.null_terminated(schema);
    out.text(text);
    return of_type(event_type::query, std::move(body));
}

event xid() {
    return of_type(event_type::xid, {1, 0, 0, 0, 0, 0, 0, 0});
}

event xa_prepare(bool one_phase, const std::string& id) {
    std::vector<std::uint8_t> body;
    writer out(body);
    out.u8(one_phase ? 1 : 0);
    out.u32(1);
    out.u32(static_cast<std::uint32_t>(id.size()));
    out.u32(0);
    out.text(id);
    return of_type(event_type::xa_prepare, std::move(body));
}

event table_map(std::uint64_t id, const std::string& schema, const std::string& table,
                const std::vector<std::string>& columns, bool with_names) {
    std::vector<std::uint8_t> body;
    writer out(body);
    out.u48(id);
    out.u16(0);
    for (const auto* name : {&schema, &table}) {
        out.u8(static_cast<std::uint8_t>(name->size()));
        out.null_terminated(*name);
    }
    out.lenenc(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) out.u8(3);  // INT
    out.lenenc(0);
    append_bitmap(out, std::vector<bool>(columns.size(), true));
    if (with_names) {
        std::vector<std::uint8_t> names;
        writer list(names);
        for (const auto& name : columns) list.lenenc_text(name);
        out.u8(4);  // COLUMN_NAME
        out.lenenc_bytes(names);
    }
    return of_type(event_type::table_map, std::move(body));
}

event write_rows(std::uint64_t id, const std::vector<int_row>& rows, std::vector<bool> present) {
    return rows_event(event_type::write_rows, id, rows, std::move(present));
}

event delete_rows(std::uint64_t id, const std::vector<int_row>& rows) {
    return rows_event(event_type::delete_rows, id, rows, {});
}

event update_rows(std::uint64_t id, const std::vector<int_row>& images) {
    return rows_event(event_type::update_rows, id, images, {});
}

event payload(const std::vector<event>& inside) {
    std::vector<std::uint8_t> data;
    for (const auto& one : inside) {
        const auto bytes = one.bytes();
        data.insert(data.end(), bytes.begin(), bytes.end());
    }
    std::vector<std::uint8_t> body;
    writer out(body);
    const auto field = [&](std::uint64_t type, std::uint64_t value) {
        out.lenenc(type);
        out.lenenc(protocol::lenenc_size(value));
        out.lenenc(value);
    };
    field(2, 255);  // not compressed
    field(3, data.size());
    field(1, data.size());
    out.lenenc(0);
    out.bytes(data);
    return of_type(event_type::transaction_payload, std::move(body));
}

}  // namespace edges
