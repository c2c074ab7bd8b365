#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace protocol {

/// A password in clear.  Its memory is overwritten when it is given up.
class secret {
public:
    secret() = default;
    secret(std::string text) noexcept : text_(std::move(text)) {}  // NOLINT: as good as a string
    secret(std::string_view text) : text_(text) {}                 // NOLINT
    secret(const char* text) : text_(text) {}                      // NOLINT
    secret(const secret&) = default;
    secret(secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
    secret& operator=(secret other) noexcept {
        text_.swap(other.text_);  // what was here goes with `other`
        return *this;
    }
    ~secret() { wipe(); }

    bool empty() const noexcept { return text_.empty(); }
    const std::string& text() const noexcept { return text_; }
    operator std::string_view() const noexcept { return text_; }  // NOLINT

    friend bool operator==(const secret&, const secret&) = default;
    friend bool operator==(const secret& a, const char* b) { return a.text_ == b; }

private:
    void wipe() noexcept;

    std::string text_;
};

}  // namespace protocol
