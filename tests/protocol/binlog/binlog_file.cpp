#include "binlog_file.hpp"

#include <fstream>
#include <iterator>

namespace binlog_test {

bytes read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<bytes> raw_events(protocol::bytes_view file) {
    std::vector<bytes> events;
    for_each_event(file, [&](const protocol::binlog_event_view& event) {
        events.emplace_back(event.raw.begin(), event.raw.end());
    });
    return events;
}

protocol::binlog_event_view view_of(protocol::bytes_view raw) {
    return {protocol::decode_event_header(raw).value(), raw.subspan(protocol::event_header::size),
            raw};
}

}  // namespace binlog_test
