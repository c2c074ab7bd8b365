#include "replicator/identity.hpp"

#include <openssl/sha.h>

#include <array>

namespace replicator {
namespace {

std::string hex(const std::uint8_t* bytes, std::size_t size) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text.push_back(digits[bytes[i] >> 4]);
        text.push_back(digits[bytes[i] & 0x0f]);
    }
    return text;
}

}  // namespace

replica_identity derive_identity(std::string_view edge_name, std::string_view edge_server_uuid) {
    const std::string both = std::string(edge_server_uuid) + "\n" + std::string(edge_name);
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const std::uint8_t*>(both.data()), both.size(), digest.data());

    std::string uuid = hex(digest.data(), 16);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) uuid.insert(dash, "-");
    std::uint32_t id = 0;
    for (std::size_t i = 16; i < 20; ++i) id = id << 8 | digest[i];
    return {
        .uuid = uuid,
        .server_id = (id | 0x8000'0000U) & 0xffff'fffeU,  // never the largest, which is reserved
        .lock_name = "tidegate:" + hex(digest.data() + 20, 12)};
}

}  // namespace replicator
