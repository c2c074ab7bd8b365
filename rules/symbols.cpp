#include "rules/symbols.hpp"

#include <algorithm>

namespace rules {
namespace {

class list_sink {
public:
    explicit list_sink(std::size_t count_max) : count_max_(count_max) {}

    void put(symbol_code code, const token& t, std::uint32_t slot) {
        symbols_.all.push_back({code, t, slot});
    }
    void take_back(unsigned n) { symbols_.all.resize(symbols_.all.size() - n); }
    void literal(const token&, std::uint32_t) {}
    void join(const token&, std::uint32_t) {}
    void drop_slot(std::uint32_t) {}
    // A little more than wanted, as the last symbols may yet be taken back.
    bool full() const { return symbols_.all.size() >= count_max_ + taken_back_max; }

    symbol_list finish() {
        symbols_.complete = symbols_.all.size() <= count_max_;
        if (!symbols_.complete) symbols_.all.resize(count_max_);
        return std::move(symbols_);
    }

private:
    static constexpr std::size_t taken_back_max = 16;
    symbol_list symbols_;
    std::size_t count_max_;
};

}  // namespace

symbol_list symbols_of(std::string_view text, const lex_options& options) {
    list_sink sink(symbols_max);
    normalizer<list_sink>(text, options, sink).run();
    return sink.finish();
}

symbol_list symbols_for_display(std::string_view text, const lex_options& options,
                                std::size_t count_max) {
    list_sink sink(count_max);
    normalizer<list_sink> run(text, options, sink);
    run.parameters_are_values();
    run.run();
    return sink.finish();
}

void symbol_reader::skip_any(std::initializer_list<std::string_view> words) {
    while (std::ranges::any_of(words, [&](std::string_view word) { return peek().is(word); }))
        ++at_;
}

void symbol_reader::skip_parentheses() {
    std::size_t depth = 0;
    do {
        const symbol& s = take();
        if (s.is('(')) ++depth;
        if (s.is(')')) --depth;
    } while (depth > 0 && !done());
}

}  // namespace rules
