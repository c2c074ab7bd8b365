#include "recording.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "wire_bytes.hpp"

namespace recording {

const response& session::operator[](std::string_view name) const {
    const auto found = std::ranges::find(responses, name, &response::name);
    if (found == responses.end()) throw std::out_of_range(std::string(name));
    return *found;
}

session load(const std::string& kind) {
    const std::string path = std::string(TIDEGATE_RECORDINGS) + "/" + kind + ".txt";
    std::ifstream in(path);
    session out;
    for (std::string key, value; in >> key >> value;) {
        if (key == "server")
            out.server = value;
        else if (key == "capabilities")
            out.capabilities = static_cast<std::uint32_t>(std::stoul(value, nullptr, 16));
        else if (key == "greeting")
            out.greeting = wire_bytes::hex(value);
        else if (key == "name")
            out.responses.push_back({.name = value});
        else if (key == "command")
            out.responses.back().command = wire_bytes::hex(value);
        else if (key == "packet")
            out.responses.back().packets.push_back(wire_bytes::hex(value));
        else
            throw std::runtime_error(path + ": unknown line " + key);
    }
    if (out.responses.empty()) throw std::runtime_error(path + ": nothing recorded");
    return out;
}

}  // namespace recording
