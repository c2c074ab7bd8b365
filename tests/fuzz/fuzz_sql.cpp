// Arbitrary bytes as a statement, under arbitrary options: nothing crashes, everything found lies
// in the text, and what shares a digest shares its facts.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rules/analyze.hpp"
#include "rules/digest.hpp"
#include "rules/lexer.hpp"
#include "rules/literal.hpp"

namespace {

using namespace rules;

void require(bool holds) {
    if (!holds) std::abort();
}

lex_options options_from(std::uint8_t bits) {
    return {.ansi_quotes = (bits & 1) != 0,
            .no_backslash_escapes = (bits & 2) != 0,
            .ignore_space = (bits & 4) != 0,
            .charset = static_cast<multibyte>((bits >> 3) % 5),
            .server_version = (bits & 0x80) != 0 ? 90700u : 80000u};
}

bool is_part_of(std::string_view part, std::string_view text) {
    return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
}

// The same statement with every number made another one.
std::string with_other_numbers(std::string_view text, const lex_options& options) {
    std::string out(text);
    lexer in(text, options);
    for (token t = in.next(); t.kind != token_kind::end; t = in.next()) {
        require(!t.text.empty() && is_part_of(t.text, text));
        if (t.kind != token_kind::integer) continue;
        for (const char& c : t.text)
            out[static_cast<std::size_t>(&c - text.data())] = c == '1' ? '2' : '1';
    }
    return out;
}

bool keeps_literals(const script_facts& script) {
    for (const auto& s : script.statements)
        if (!s.assignments.empty() || s.cls == statement_class::unknown ||
            s.cls == statement_class::admin || s.cls == statement_class::ddl)
            return true;
    return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const lex_options options = options_from(data[0]);
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);

    const statement_digest digest = digest_of(text, options);
    const script_facts script = analyze(text, options);
    require(!script.statements.empty());
    require(script.footprint() > 0);
    require(digest_of(std::string(text) + " ;\n", options) == digest ||
            text.find_first_of("'\"`*#-/!+@") != std::string_view::npos);
    static_cast<void>(digest_text(text, options));

    for (const auto& statement : script.statements)
        for (const auto& e : statement.equalities) {
            require(!e.ordinals.empty());
            if (e.source == equality::value_source::parameters) continue;
            for (const auto& l : literals_at(text, options, e.ordinals.front(), text.size()))
                require(is_part_of(l.text, text));
        }

    const std::string other = with_other_numbers(text, options);
    if (digest_of(other, options) == digest)
        require(analyze(other, options) == script);
    else
        require(keeps_literals(script));
    return 0;
}
