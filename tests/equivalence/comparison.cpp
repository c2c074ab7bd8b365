#include "tests/equivalence/comparison.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include "tests/equivalence/client.hpp"
#include "tests/equivalence/known_differences.hpp"

namespace equivalence {
namespace {

struct pair_of_clients {
    client direct;
    client tested;
    pair_of_clients(std::uint16_t direct_port, std::uint16_t tested_port)
        : direct(direct_port), tested(tested_port) {}
};

bool names_session(const step& one) {
    return one.what == action::kill || one.what == action::kill_query;
}

// Whether the victim's connection ends on both sides.
bool kills(const step& one, const difference& told) {
    const auto agreed = [](const answer& a) { return !a.empty() && a.back().starts_with("ok"); };
    return one.what != action::kill_query && agreed(told.expected) && agreed(told.seen);
}

void append(answer& whole, const answer& more) {
    whole.insert(whole.end(), more.begin(), more.end());
}

// The first line in which two answers part, or nothing.
std::string line_at(const answer& told, std::size_t at) {
    return at < told.size() ? told[at] : std::string("nothing");
}

std::size_t first_difference(const difference& found) {
    const std::size_t common = std::min(found.expected.size(), found.seen.size());
    std::size_t at = 0;
    while (at < common && found.expected[at] == found.seen[at]) ++at;
    return at;
}

std::string kind_of_line(const std::string& line) {
    const std::size_t words = line.starts_with("error ") ? 2 : 1;
    std::size_t end = 0;
    for (std::size_t i = 0; i < words && end != std::string::npos; ++i)
        end = line.find(' ', end == 0 ? 0 : end + 1);
    return line.substr(0, end);
}

}  // namespace

std::optional<difference> compare(const script& whole, std::uint16_t direct_port,
                                  std::uint16_t tested_port) {
    std::map<std::string, std::unique_ptr<pair_of_clients>> sessions;
    history before;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        const step& one = whole[i];
        auto& session = sessions[one.session];
        if (!session) session = std::make_unique<pair_of_clients>(direct_port, tested_port);
        pair_of_clients* const victim =
            names_session(one) && sessions.contains(one.name) ? sessions[one.name].get() : nullptr;
        session->direct.begin(one, victim != nullptr ? victim->direct.connection_id() : 0);
        session->tested.begin(one, victim != nullptr ? victim->tested.connection_id() : 0);
        difference here{.at = i, .expected = session->direct.finish()};
        here.seen = session->tested.finish();
        if (victim != nullptr && victim != session.get() && kills(one, here)) {
            append(here.expected, victim->direct.end());
            append(here.seen, victim->tested.end());
        }
        const bool excused = known(before, one) != nullptr;
        const bool failed = !here.expected.empty() && here.expected.back().starts_with("error");
        before.add(one, failed);
        if (here.expected != here.seen && !excused) return here;
    }
    return std::nullopt;
}

std::string kind_of(const difference& found, const script& whole) {
    const std::size_t at = first_difference(found);
    return std::string(to_string(whole[found.at].what)) + ": " +
           kind_of_line(line_at(found.expected, at)) + " / " +
           kind_of_line(line_at(found.seen, at));
}

bool is_starved(const difference& found) {
    return !found.seen.empty() && found.seen.back().starts_with("error 1040") &&
           found.seen.back().find("limits.queue_timeout") != std::string::npos;
}

std::string describe(const difference& found, const script& whole) {
    const std::size_t at = first_difference(found);
    return "step " + std::to_string(found.at + 1) + ": " + to_text(whole[found.at]) +
           "\n  packet " + std::to_string(at + 1) +
           " directly:         " + line_at(found.expected, at) + "\n  packet " +
           std::to_string(at + 1) + " through Tidegate: " + line_at(found.seen, at) + "\n";
}

}  // namespace equivalence
