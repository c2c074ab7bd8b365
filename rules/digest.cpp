#include "rules/digest.hpp"

#define XXH_INLINE_ALL  // also shows XXH3_state_t, so that it can live on the stack
#include <xxhash.h>

#include <array>
#include <cstring>

#include "rules/names.hpp"
#include "rules/normalizer.hpp"

namespace rules {
namespace {

// Writes symbols as bytes and hashes them.  A symbol is its code, then for those that carry text
// its length and the text: no two sequences of symbols have the same bytes.
//
// Nearly every statement fits the buffer and is hashed in one call.  Longer ones are hashed piece
// by piece, which gives the same hash; the last bytes stay behind, as they may be taken back.
class hash_sink {
public:
    void put(symbol_code code, const token& t, std::uint32_t /*slot*/) {
        if (size_ + 1 > buffer_.size()) flush();
        buffer_[size_++] = static_cast<char>(code);
        switch (code) {
            case symbol_code::keyword:
            case symbol_code::keyword_in:
            case symbol_code::keyword_no_null:
            case symbol_code::keyword_operand:
                return put_text(t.word->name);
            case symbol_code::name:
                return t.kind == token_kind::quoted_word ? put_quoted(t.text) : put_text(t.text);
            case symbol_code::user_variable:
            case symbol_code::system_variable:
            case symbol_code::introducer:
            case symbol_code::hint:
            case symbol_code::literal_kept:
            case symbol_code::operation:
                return put_text(t.text);
            default:
                return;
        }
    }
    void take_back(unsigned n) { size_ -= n; }  // these symbols are one byte each
    void literal(const token&, std::uint32_t) {}
    void join(const token&, std::uint32_t) {}
    void drop_slot(std::uint32_t) {}
    bool full() const { return false; }

    statement_digest finish() {
        XXH128_hash_t hash{};
        if (!streaming_) {
            hash = XXH3_128bits(buffer_.data(), size_);
        } else {
            XXH3_128bits_update(&state_, buffer_.data(), size_);
            hash = XXH3_128bits_digest(&state_);
        }
        return {hash.low64, hash.high64};
    }

private:
    void put_text(std::string_view text) {
        const auto length = static_cast<std::uint32_t>(text.size());
        put_bytes({reinterpret_cast<const char*>(&length), sizeof length});
        put_bytes(text);
    }

    // A quoted name counts as the name it stands for: `a` as a, `a``b` as a`b.
    void put_quoted(std::string_view text) {
        const char quote = text.front();
        const std::string_view inside = inside_quotes(text);
        if (inside.find(quote) == std::string_view::npos) return put_text(inside);

        std::uint32_t length = 0;
        each_byte_unquoted(inside, quote, [&](char) { ++length; });
        put_bytes({reinterpret_cast<const char*>(&length), sizeof length});
        each_byte_unquoted(inside, quote, [&](char c) { put_bytes({&c, 1}); });
    }

    void put_bytes(std::string_view bytes) {
        if (size_ + bytes.size() > buffer_.size()) {
            flush();
            if (size_ + bytes.size() > buffer_.size()) {
                XXH3_128bits_update(&state_, buffer_.data(), size_);
                XXH3_128bits_update(&state_, bytes.data(), bytes.size());
                size_ = 0;
                return;
            }
        }
        std::memcpy(buffer_.data() + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
    }

    void flush() {
        if (!streaming_) XXH3_128bits_reset(&state_);
        streaming_ = true;
        const std::size_t done = size_ > kept_max ? size_ - kept_max : 0;
        XXH3_128bits_update(&state_, buffer_.data(), done);
        std::memmove(buffer_.data(), buffer_.data() + done, size_ - done);
        size_ -= done;
    }

    static constexpr std::size_t kept_max = 16;  // more than the normalizer ever takes back at once
    std::array<char, 1024> buffer_;              // NOLINT: filled before it is read
    std::size_t size_ = 0;
    bool streaming_ = false;
    XXH3_state_t state_;  // NOLINT: reset when streaming begins
};

}  // namespace

statement_digest digest_of(std::string_view text, const lex_options& options) {
    hash_sink sink;
    normalizer<hash_sink>(text, options, sink).run();
    return sink.finish();
}

}  // namespace rules
