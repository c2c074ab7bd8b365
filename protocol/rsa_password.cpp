#include "protocol/rsa_password.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "protocol/auth.hpp"

namespace protocol {
namespace {

constexpr int key_bits = 2048;
constexpr int key_bits_min = 1024;

struct free_bio {
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
struct free_context {
    void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
struct free_public_key {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using bio_handle = std::unique_ptr<BIO, free_bio>;
using context_handle = std::unique_ptr<EVP_PKEY_CTX, free_context>;
using public_key_handle = std::unique_ptr<EVP_PKEY, free_public_key>;

/// OpenSSL keeps a queue of errors per thread, in which a TLS stream of the same thread would later
/// find ours: leave it empty.
struct error_queue_guard {
    error_queue_guard() = default;
    error_queue_guard(const error_queue_guard&) = delete;
    error_queue_guard& operator=(const error_queue_guard&) = delete;
    ~error_queue_guard() { ERR_clear_error(); }
};

bool is_usable(EVP_PKEY* key) noexcept {
    return key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
           EVP_PKEY_get_bits(key) >= key_bits_min;
}

bio_handle memory_of(std::string_view text) noexcept {
    return bio_handle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key with a pass phrase would otherwise ask for it on the terminal.
int no_pass_phrase(char*, int, int, void*) noexcept {
    return -1;
}

void xor_nonce(std::span<std::uint8_t> bytes, const nonce& challenge) noexcept {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] ^= challenge[i % challenge.size()];
}

}  // namespace

result<std::vector<std::uint8_t>> encrypt_password(std::string_view password,
                                                   const nonce& challenge,
                                                   std::string_view public_key_pem) {
    const error_queue_guard guard;
    if (password.size() > password_bytes_max) return errc::too_long;
    if (public_key_pem.size() > public_key_bytes_max) return errc::bad_key;
    const bio_handle bio = memory_of(public_key_pem);
    if (!bio) return errc::crypto_failed;
    const public_key_handle key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_pass_phrase, nullptr));
    if (!is_usable(key.get())) return errc::bad_key;

    const context_handle context(EVP_PKEY_CTX_new(key.get(), nullptr));
    if (!context || EVP_PKEY_encrypt_init(context.get()) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) <= 0)
        return errc::crypto_failed;
    std::vector<std::uint8_t> clear(password.begin(), password.end());
    clear.push_back(0);
    xor_nonce(clear, challenge);
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key.get()));
    std::vector<std::uint8_t> cipher(size);
    const int done =
        EVP_PKEY_encrypt(context.get(), cipher.data(), &size, clear.data(), clear.size());
    OPENSSL_cleanse(clear.data(), clear.size());
    if (done <= 0) return errc::too_long;  // the only thing left: it does not fit the key
    cipher.resize(size);
    return cipher;
}

void rsa_private_key::free_key::operator()(evp_pkey_st* key) const noexcept {
    EVP_PKEY_free(key);
}

result<rsa_private_key> rsa_private_key::generate() {
    const error_queue_guard guard;
    handle key(EVP_RSA_gen(key_bits));
    if (!key) return errc::crypto_failed;
    return adopt(std::move(key));
}

result<rsa_private_key> rsa_private_key::from_pem(std::string_view pem) {
    const error_queue_guard guard;
    if (pem.size() > public_key_bytes_max) return errc::bad_key;
    const bio_handle bio = memory_of(pem);
    if (!bio) return errc::crypto_failed;
    handle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
    if (!is_usable(key.get())) return errc::bad_key;
    return adopt(std::move(key));
}

result<rsa_private_key> rsa_private_key::adopt(handle key) {
    const bio_handle bio(BIO_new(BIO_s_mem()));
    if (!bio || PEM_write_bio_PUBKEY(bio.get(), key.get()) != 1) return errc::crypto_failed;
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    if (size <= 0) return errc::crypto_failed;
    return rsa_private_key(std::move(key), std::string(text, static_cast<std::size_t>(size)));
}

result<std::string> rsa_private_key::decrypt_password(bytes_view cipher,
                                                      const nonce& challenge) const {
    const error_queue_guard guard;
    const context_handle context(EVP_PKEY_CTX_new(key_.get(), nullptr));
    if (!context || EVP_PKEY_decrypt_init(context.get()) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) <= 0)
        return errc::crypto_failed;
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
    std::vector<std::uint8_t> clear(size);
    if (EVP_PKEY_decrypt(context.get(), clear.data(), &size, cipher.data(), cipher.size()) <= 0)
        return errc::access_denied;
    clear.resize(size);
    xor_nonce(clear, challenge);
    const bool terminated = !clear.empty() && clear.back() == 0;
    std::string password(clear.begin(), clear.end());
    OPENSSL_cleanse(clear.data(), clear.size());
    if (!terminated || password.size() > password_bytes_max + 1) {
        wipe(password);
        return errc::access_denied;
    }
    password.pop_back();
    return password;
}

}  // namespace protocol
