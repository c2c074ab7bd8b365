// Random scripts of several sessions, run directly and through Tidegate; every packet must mean the
// same to the client.  See tests/README.md.
//
//   session_equivalence                          the long test: TIDEGATE_STATEMENTS statements,
//   seeds
//                                                from TIDEGATE_SEED on
//   session_equivalence seeds FIRST COUNT STEPS  these seeds, scripts of so many steps
//   session_equivalence replay FILE…             scripts that were kept
//   session_equivalence print SEED STEPS         a seed's script, as text
//
// The status is 0 if there was no difference.
#include <mysql.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/equivalence/comparison.hpp"
#include "tests/equivalence/generator.hpp"
#include "tests/equivalence/script.hpp"
#include "tests/equivalence/shrink.hpp"
#include "tests/equivalence/world.hpp"
#include "tests/long/bars.hpp"

using namespace equivalence;

namespace {

constexpr std::size_t long_script_steps = 400;
constexpr std::size_t shrink_runs_max = 400;
constexpr auto shrink_max = std::chrono::minutes(2);  // what is found by then is short enough
constexpr std::size_t differences_max = 12;  // then the rest of the run would tell nothing new

struct tally {
    std::size_t statements = 0;
    std::size_t differences = 0;
    std::size_t starved = 0;  // scripts that ended early
};

// Shrinks to a script that fails in the same way, and prints it so that it can be kept.
void report(world& servers, const script& whole, const difference& found, const std::string& from) {
    script failing(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(found.at + 1));
    const std::string kind = kind_of(found, whole);
    long_test::progress(from + ", not shrunk yet: " + describe(found, whole));
    const auto give_up = std::chrono::steady_clock::now() + shrink_max;
    difference last = found;
    script shortest = failing;
    const auto fails = [&](const script& candidate) {
        if (std::chrono::steady_clock::now() > give_up) return false;
        const auto again = servers.run(candidate);
        if (!again || kind_of(*again, candidate) != kind) return false;
        last = *again;
        shortest.assign(candidate.begin(),
                        candidate.begin() + static_cast<std::ptrdiff_t>(again->at + 1));
        return true;
    };
    shrink(failing, fails, shrink_runs_max);
    std::printf("# %s, %s\n%s\n%s\n", from.c_str(), kind.c_str(), to_text(shortest).c_str(),
                describe(last, shortest).c_str());
    std::fflush(stdout);
}

void run_one(world& servers, const script& whole, const std::string& from, tally& sum) {
    const auto found = servers.run(whole);
    sum.statements += found ? found->at + 1 : whole.size();
    if (!found) return;
    if (is_starved(*found)) {
        ++sum.starved;
        return;
    }
    ++sum.differences;
    report(servers, whole, *found, from);
}

tally run_seeds(std::uint64_t first, std::size_t count, std::size_t steps, std::size_t statements) {
    world servers;
    tally sum;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        if (sum.statements >= statements || sum.differences >= differences_max) break;
        run_one(servers, generate(seed, {.steps = steps}), "seed " + std::to_string(seed), sum);
        if ((seed - first + 1) % 20 == 0)
            long_test::progress(std::to_string(sum.statements) + " statements, " +
                                std::to_string(sum.differences) + " differences, " +
                                std::to_string(sum.starved) + " scripts starved");
    }
    return sum;
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

int replay(const std::vector<std::string>& files) {
    world servers;
    std::size_t different = 0;
    for (const std::string& file : files) {
        const script whole = parse_script(read_file(file));
        const auto found = servers.run(whole);
        if (!found) continue;
        ++different;
        std::printf("%s\n%s\n", file.c_str(), describe(*found, whole).c_str());
    }
    std::printf("%zu scripts, %zu with a difference\n", files.size(), different);
    return files.empty() || different > 0 ? 1 : 0;
}

int long_run() {
    constexpr std::size_t target = 200'000;
    const auto statements =
        static_cast<std::size_t>(long_test::setting("TIDEGATE_STATEMENTS", target));
    const auto seed = static_cast<std::uint64_t>(long_test::setting("TIDEGATE_SEED", 1000));
    long_test::progress("seeds from " + std::to_string(seed) + " on");
    const tally sum = run_seeds(seed, statements, long_script_steps, statements);
    long_test::bars result;
    result.at_least("session_equivalence_statements", static_cast<double>(sum.statements),
                    static_cast<double>(target));
    result.equal("session_equivalence_differences", static_cast<double>(sum.differences), 0);
    return result.print();
}

std::size_t number(const std::string& text) {
    char* end = nullptr;
    const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0') throw std::runtime_error(text + " is no number");
    return static_cast<std::size_t>(value);
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.empty()) return long_run();
    if (arguments[0] == "replay") return replay({arguments.begin() + 1, arguments.end()});
    if (arguments[0] == "print" && arguments.size() == 3) {
        const script whole = generate(number(arguments[1]), {.steps = number(arguments[2])});
        std::fputs(to_text(whole).c_str(), stdout);
        return 0;
    }
    if (arguments[0] == "seeds" && arguments.size() == 4) {
        const std::size_t count = number(arguments[2]), steps = number(arguments[3]);
        const tally sum = run_seeds(number(arguments[1]), count, steps, count * steps * 2);
        std::printf("%zu statements, %zu differences, %zu scripts starved\n", sum.statements,
                    sum.differences, sum.starved);
        return sum.statements > 0 && sum.differences == 0 ? 0 : 1;
    }
    throw std::runtime_error(
        "the first lines of tests/equivalence/session_equivalence.cpp say how");
}

}  // namespace

int main(int count, char** values) {
    mysql_library_init(0, nullptr, nullptr);  // before the threads
    try {
        return run({values + 1, values + count});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
