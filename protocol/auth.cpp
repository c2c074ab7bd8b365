#include "protocol/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <new>

namespace protocol {
namespace {

template <class Digest>
const EVP_MD* algorithm() noexcept;
template <>
const EVP_MD* algorithm<sha1_digest>() noexcept {
    return EVP_sha1();
}
template <>
const EVP_MD* algorithm<sha256_digest>() noexcept {
    return EVP_sha256();
}

/// A digest that is wiped when it goes out of scope.
template <class Digest>
struct wiped {
    Digest value{};

    wiped() = default;
    wiped(const wiped&) = delete;
    wiped& operator=(const wiped&) = delete;
    ~wiped() { OPENSSL_cleanse(value.data(), value.size()); }
};

template <class Digest>
void hash(bytes_view input, Digest& out) {
    unsigned size = 0;
    const int done =
        EVP_Digest(input.data(), input.size(), out.data(), &size, algorithm<Digest>(), nullptr);
    // With a built-in algorithm only the library's own allocation can fail.
    if (done != 1 || size != out.size()) throw std::bad_alloc();
}

/// The hash of `first` and `second`, one behind the other.
template <class Digest, std::size_t First, std::size_t Second>
void hash_pair(const std::array<std::uint8_t, First>& first,
               const std::array<std::uint8_t, Second>& second, Digest& out) {
    std::array<std::uint8_t, First + Second> joined;
    std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), joined.begin()));
    hash(joined, out);
    OPENSSL_cleanse(joined.data(), joined.size());
}

template <class Digest>
void xor_into(Digest& to, bytes_view with) noexcept {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] ^= with[i];
}

template <class Digest>
bool same(const Digest& a, const Digest& b) noexcept {
    return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// The two plugins put nonce and stage 2 in different orders.
void mask_of(const nonce& challenge, const sha1_digest& stage2, sha1_digest& out) {
    hash_pair(challenge, stage2, out);
}
void mask_of(const nonce& challenge, const sha256_digest& stage2, sha256_digest& out) {
    hash_pair(stage2, challenge, out);
}

template <class Digest>
Digest stage2_of(std::string_view password) {
    wiped<Digest> stage1;
    Digest stage2;
    hash(as_bytes(password), stage1.value);
    hash(stage1.value, stage2);
    return stage2;
}

template <class Digest>
Digest scramble(std::string_view password, const nonce& challenge) {
    wiped<Digest> stage1;
    wiped<Digest> stage2;
    hash(as_bytes(password), stage1.value);
    hash(stage1.value, stage2.value);
    Digest out;
    mask_of(challenge, stage2.value, out);
    xor_into(out, stage1.value);
    return out;
}

template <class Digest>
bool verify(bytes_view response, const nonce& challenge, const Digest& stage2) {
    if (response.size() != stage2.size()) return false;
    wiped<Digest> stage1;
    wiped<Digest> candidate;
    mask_of(challenge, stage2, stage1.value);
    xor_into(stage1.value, response);
    hash(stage1.value, candidate.value);
    return same(candidate.value, stage2);
}

}  // namespace

void secret::wipe() noexcept {
    // All of its memory: a text that was moved away or shortened may have left some behind.
    text_.resize(text_.capacity());
    OPENSSL_cleanse(text_.data(), text_.size());
    text_.clear();
}

void wipe(std::string& secret_text) noexcept {
    OPENSSL_cleanse(secret_text.data(), secret_text.size());
    secret_text.clear();
}

sha1_digest scramble_native(std::string_view password, const nonce& challenge) {
    return scramble<sha1_digest>(password, challenge);
}

sha256_digest scramble_sha2(std::string_view password, const nonce& challenge) {
    return scramble<sha256_digest>(password, challenge);
}

bool verify_native(bytes_view response, const nonce& challenge, const sha1_digest& stage2) {
    return verify(response, challenge, stage2);
}

bool verify_sha2(bytes_view response, const nonce& challenge, const sha256_digest& stage2) {
    return verify(response, challenge, stage2);
}

password_verifiers password_verifiers::from_password(std::string_view clear) {
    return {.empty_password = clear.empty(),
            .native_stage2 = stage2_of<sha1_digest>(clear),
            .sha2_stage2 = stage2_of<sha256_digest>(clear)};
}

result<password_verifiers> password_verifiers::from_native_hash(std::string_view text) {
    sha1_digest digest;
    if (text.size() != 1 + 2 * digest.size() || text.front() != '*') return errc::malformed;
    for (std::size_t i = 0; i < digest.size(); ++i) {
        const char* const pair = text.data() + 1 + 2 * i;
        const auto [end, error] = std::from_chars(pair, pair + 2, digest[i], 16);
        if (error != std::errc{} || end != pair + 2) return errc::malformed;
    }
    return password_verifiers{.native_stage2 = digest};
}

result<password_verifiers> password_verifiers::from_stored_hash(std::string_view text) {
    if (text.starts_with('*')) return from_native_hash(text);
    const auto stored = sha2_stored_hash::parse(text);
    if (!stored) return stored.error();
    return password_verifiers{.sha2_stored = *stored};
}

password_verifiers password_verifiers::of_nobody() {
    // Nobody knows a text whose digest is zero.
    return {.native_stage2 = sha1_digest{}, .sha2_stage2 = sha256_digest{}};
}

bool password_verifiers::matches(std::string_view clear) const {
    if (empty_password || clear.empty()) return empty_password && clear.empty();
    if (sha2_stored) return sha2_stored->matches(clear);
    if (sha2_stage2) return same(stage2_of<sha256_digest>(clear), *sha2_stage2);
    return native_stage2 && same(stage2_of<sha1_digest>(clear), *native_stage2);
}

result<nonce> random_nonce() {
    nonce out;
    if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) return errc::crypto_failed;
    for (std::uint8_t& byte : out) {
        byte &= 0x7f;
        // NUL ends the nonce on the wire, '$' separates fields where servers store it.
        if (byte == 0 || byte == '$') ++byte;
    }
    return out;
}

}  // namespace protocol
