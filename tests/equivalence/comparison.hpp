#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/equivalence/answer.hpp"
#include "tests/equivalence/script.hpp"

namespace equivalence {

/// Where two runs of one script part.
struct difference {
    std::size_t at = 0;  // the step
    answer expected{};   // directly
    answer seen{};       // through Tidegate
};

/// Runs the script on two servers at once, step by step, each session with a connection of its own
/// to either, up to the first difference.  Steps that may show a known difference are run, and what
/// they show is not compared.
std::optional<difference> compare(const script& whole, std::uint16_t direct_port,
                                  std::uint16_t tested_port);

/// What kind of difference it is, in a word or two: two differences of one kind have likely one
/// cause.
std::string kind_of(const difference& found, const script& whole);

/// True if Tidegate had no connection for the step, because so many sessions kept theirs.  That is
/// no difference, but the script goes no further: docs/compatibility.md tells what may keep one.
bool is_starved(const difference& found);

/// For people: the last step, and both answers to it.
std::string describe(const difference& found, const script& whole);

}  // namespace equivalence
