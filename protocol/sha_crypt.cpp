#include "protocol/sha_crypt.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "protocol/auth.hpp"

namespace protocol {
namespace {

/// SHA-256 of what is added up; wiped.
class hasher {
public:
    hasher() {
        if (context_ == nullptr) throw std::bad_alloc();
        begin();
    }
    hasher& add(bytes_view bytes) {
        check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
        return *this;
    }
    /// Adds the first `size` bytes of `pattern` repeated.
    hasher& add_repeated(bytes_view pattern, std::size_t size) {
        for (; size > pattern.size(); size -= pattern.size()) add(pattern);
        return add(pattern.first(size));
    }
    /// Begins anew.
    void finish(sha256_digest& out) {
        check(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr));
        begin();
    }

private:
    struct deleter {
        void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    };
    // With a built-in algorithm only the library's own allocation can fail.
    static void check(int done) {
        if (done != 1) throw std::bad_alloc();
    }
    void begin() { check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr)); }

    std::unique_ptr<EVP_MD_CTX, deleter> context_{EVP_MD_CTX_new()};
};

/// Bytes that are wiped when they go out of scope.
struct wiped_bytes {
    std::vector<std::uint8_t> value{};
    ~wiped_bytes() { OPENSSL_cleanse(value.data(), value.size()); }
};

wiped_bytes repeated(const sha256_digest& pattern, std::size_t size) {
    wiped_bytes out;
    out.value.reserve(size);
    while (out.value.size() < size) {
        const std::size_t more = std::min(pattern.size(), size - out.value.size());
        out.value.insert(out.value.end(), pattern.begin(),
                         pattern.begin() + static_cast<std::ptrdiff_t>(more));
    }
    return out;
}

/// The first digest: password, salt, and the password's length by its bits.
void begin_digest(hasher& hash, bytes_view password, bytes_view salt, sha256_digest& out) {
    sha256_digest other;
    hash.add(password).add(salt).add(password).finish(other);
    hash.add(password).add(salt).add_repeated(other, password.size());
    for (std::size_t bits = password.size(); bits > 0; bits >>= 1)
        hash.add((bits & 1) != 0 ? bytes_view(other) : password);
    hash.finish(out);
    OPENSSL_cleanse(other.data(), other.size());
}

void sha_crypt(bytes_view password, bytes_view salt, unsigned rounds, sha256_digest& out) {
    hasher hash;
    begin_digest(hash, password, salt, out);
    sha256_digest of_many;
    for (std::size_t i = 0; i < password.size(); ++i) hash.add(password);
    hash.finish(of_many);
    const wiped_bytes password_part = repeated(of_many, password.size());
    for (std::size_t i = 0; i < std::size_t{16} + out[0]; ++i) hash.add(salt);
    hash.finish(of_many);
    const wiped_bytes salt_part = repeated(of_many, salt.size());
    OPENSSL_cleanse(of_many.data(), of_many.size());

    for (unsigned i = 0; i < rounds; ++i) {
        const bool odd = i % 2 != 0;
        hash.add(odd ? bytes_view(password_part.value) : bytes_view(out));
        if (i % 3 != 0) hash.add(salt_part.value);
        if (i % 7 != 0) hash.add(password_part.value);
        hash.add(odd ? bytes_view(out) : bytes_view(password_part.value));
        hash.finish(out);
    }
}

/// The digest's bytes in the order in which its text takes them, three to four characters.
using digest_text = std::array<char, sha2_stored_hash::digest_size>;

digest_text to_text(const sha256_digest& digest) {
    static constexpr std::string_view alphabet =
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    digest_text out;
    std::size_t at = 0;
    const auto append = [&](std::uint32_t bits, int characters) {
        for (int i = 0; i < characters; ++i, bits >>= 6) out[at++] = alphabet[bits & 0x3f];
    };
    // Bytes 0, 10, 20; then 21, 1, 11; then 12, 22, 2; and so on: each triple is the one before,
    // turned and one further.
    std::size_t a = 0, b = 10, c = 20;
    for (int triple = 0; triple < 10; ++triple) {
        append(static_cast<std::uint32_t>(digest[a] << 16 | digest[b] << 8 | digest[c]), 4);
        const std::size_t first = a;
        a = c + 1;
        c = b + 1;
        b = first + 1;
    }
    append(static_cast<std::uint32_t>(digest[31] << 8 | digest[30]), 3);
    return out;
}

std::optional<std::string> from_hex(std::string_view digits) {
    if (digits.size() % 2 != 0) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        std::uint8_t byte = 0;
        const char* const end = digits.data() + i + 2;
        const auto read = std::from_chars(digits.data() + i, end, byte, 16);
        if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
        out.push_back(static_cast<char>(byte));
    }
    return out;
}

}  // namespace

result<sha2_stored_hash> sha2_stored_hash::parse(std::string_view text) {
    constexpr std::string_view begin = "$A$";
    constexpr std::size_t rounds_digits = 3;
    std::string decoded;
    if (text.starts_with("0x")) {
        auto bytes = from_hex(text.substr(2));
        if (!bytes) return errc::malformed;
        decoded = std::move(*bytes);
        text = decoded;
    }
    if (!text.starts_with(begin)) return errc::malformed;
    text.remove_prefix(begin.size());
    if (text.size() != rounds_digits + 1 + salt_size + digest_size || text[rounds_digits] != '$')
        return errc::malformed;
    sha2_stored_hash out;
    const auto read = std::from_chars(text.data(), text.data() + rounds_digits, out.rounds, 16);
    if (read.ec != std::errc() || read.ptr != text.data() + rounds_digits || out.rounds == 0)
        return errc::malformed;
    out.rounds *= 1000;
    if (out.rounds > rounds_max) return errc::limit_exceeded;
    text.remove_prefix(rounds_digits + 1);
    std::ranges::copy(text.substr(0, salt_size), out.salt.begin());
    std::ranges::copy(text.substr(salt_size), out.digest.begin());
    return out;
}

bool sha2_stored_hash::matches(std::string_view password) const {
    if (password.size() > password_bytes_max) return false;
    sha256_digest computed;
    sha_crypt(as_bytes(password), as_bytes({salt.data(), salt.size()}), rounds, computed);
    const digest_text candidate = to_text(computed);
    OPENSSL_cleanse(computed.data(), computed.size());
    return CRYPTO_memcmp(candidate.data(), digest.data(), digest.size()) == 0;
}

}  // namespace protocol
