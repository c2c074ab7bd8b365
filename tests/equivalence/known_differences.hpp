#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/equivalence/script.hpp"

namespace equivalence {

/// What a script has done so far, as far as the known differences depend on it.
class history {
public:
    struct session {
        bool asked_counts = false;      // ROW_COUNT() or FOUND_ROWS(), since it began
        bool gave_explicit_id = false;  // to an AUTO_INCREMENT column, since it began
        bool last_failed = false;
        std::string last_sql{};
        bool set_a = false;  // the user variable @a, since it began; likewise @b
        bool set_b = false;
        unsigned character_sets = 0;                       // how often it has set one
        bool was_reset = false;                            // and has not chosen a schema since
        std::map<std::string, std::string> prepared{};     // name and text
        std::map<std::string, unsigned> prepared_under{};  // name and character_sets
    };

    /// `failed`: the step was answered by an error.  Whoever only writes a script cannot know.
    void add(const step& one, bool failed = false);
    session of(const std::string& name) const;
    /// Whether the last step was this session's, so that nobody can have had its connection since.
    bool was_last(const std::string& name) const { return last_ == name; }

private:
    std::map<std::string, session> sessions_;
    std::string last_;
};

/// A difference that docs/compatibility.md tells of.
struct known_difference {
    std::string_view name;
    std::string_view page_line;  // a part of a line of that page
    /// Whether the step, after this history, may show it.  Null: answer.cpp leaves it out, or
    /// sql_texts.cpp and generator.cpp have nothing that would.
    bool (*applies)(const history& before, const step& one);
};

const std::vector<known_difference>& known_differences();

/// The known difference that a step may show, or null: such steps are not generated, and what they
/// show is not a difference.
const known_difference* known(const history& before, const step& one);

}  // namespace equivalence
