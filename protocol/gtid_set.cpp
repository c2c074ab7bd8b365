#include "protocol/gtid_set.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace protocol {
namespace {

using intervals = gtid_set::intervals;

bool is_valid(const gtid_interval& numbers) {
    return numbers.first >= 1 && numbers.first <= numbers.last && numbers.last <= gtid::number_max;
}

/// The first interval that ends at `number` or later.
template <class Intervals>
auto reaching(Intervals& list, std::uint64_t number) {
    return std::lower_bound(
        list.begin(), list.end(), number,
        [](const gtid_interval& interval, std::uint64_t n) { return interval.last < n; });
}

/// Appends an interval that starts no earlier than the last one does, joining the two if they
/// meet.
void append(intervals& list, const gtid_interval& numbers) {
    if (!list.empty() && numbers.first <= list.back().last + 1)
        list.back().last = std::max(list.back().last, numbers.last);
    else
        list.push_back(numbers);
}

intervals unite(const intervals& a, const intervals& b) {
    intervals united;
    auto from_a = a.begin();
    auto from_b = b.begin();
    while (from_a != a.end() || from_b != b.end()) {
        const bool take_a =
            from_b == b.end() || (from_a != a.end() && from_a->first <= from_b->first);
        append(united, take_a ? *from_a++ : *from_b++);
    }
    return united;
}

intervals subtract(const intervals& a, const intervals& b) {
    intervals left;
    auto cut = b.begin();
    for (gtid_interval rest : a) {
        while (cut != b.end() && cut->last < rest.first) ++cut;
        bool any = true;
        for (auto c = cut; any && c != b.end() && c->first <= rest.last; ++c) {
            if (c->first > rest.first) left.push_back({rest.first, c->first - 1});
            any = c->last < rest.last;
            rest.first = c->last + 1;
        }
        if (any) left.push_back(rest);
    }
    return left;
}

intervals intersect(const intervals& a, const intervals& b) {
    intervals common;
    auto from_a = a.begin();
    auto from_b = b.begin();
    while (from_a != a.end() && from_b != b.end()) {
        const gtid_interval both{std::max(from_a->first, from_b->first),
                                 std::min(from_a->last, from_b->last)};
        if (both.first <= both.last) common.push_back(both);
        if (from_a->last < from_b->last)
            ++from_a;
        else
            ++from_b;
    }
    return common;
}

bool includes(const intervals& set, const intervals& subset) {
    auto in_set = set.begin();
    for (const gtid_interval& wanted : subset) {
        while (in_set != set.end() && in_set->last < wanted.last) ++in_set;
        if (in_set == set.end() || in_set->first > wanted.first) return false;
    }
    return true;
}

auto before(const gtid_set::member_run& run, const gtid_sequence& sequence) {
    return run.sequence < sequence;
}

}  // namespace

const gtid_set::member_run* gtid_set::find(const gtid_sequence& sequence) const noexcept {
    const auto run = std::lower_bound(runs_.begin(), runs_.end(), sequence, before);
    return run != runs_.end() && run->sequence == sequence ? &*run : nullptr;
}

gtid_set::member_run& gtid_set::run_of(const gtid_sequence& sequence) {
    const auto run = std::lower_bound(runs_.begin(), runs_.end(), sequence, before);
    if (run != runs_.end() && run->sequence == sequence) return *run;
    return *runs_.insert(run, member_run{sequence, {}});
}

gtid_set gtid_set::build(const std::vector<gtid_sequence>& sequences,
                         std::vector<loose_interval> loose) {
    std::sort(loose.begin(), loose.end(), [&](const loose_interval& a, const loose_interval& b) {
        const auto order = a.sequence == b.sequence
                               ? std::strong_ordering::equal
                               : sequences[a.sequence] <=> sequences[b.sequence];
        return order == 0 ? a.numbers.first < b.numbers.first : order < 0;
    });
    gtid_set set;
    for (const loose_interval& next : loose) {
        const gtid_sequence& sequence = sequences[next.sequence];
        if (set.runs_.empty() || set.runs_.back().sequence != sequence)
            set.runs_.push_back({sequence, {}});
        append(set.runs_.back().numbers, next.numbers);
    }
    return set;
}

std::uint64_t gtid_set::count() const noexcept {
    std::uint64_t total = 0;
    for (const member_run& run : runs_) {
        for (const gtid_interval& numbers : run.numbers) {
            const std::uint64_t size = numbers.last - numbers.first + 1;
            if (total + size < total) return std::numeric_limits<std::uint64_t>::max();
            total += size;
        }
    }
    return total;
}

bool gtid_set::contains(const gtid& id) const noexcept {
    const member_run* const run = find({id.source, id.tag});
    if (run == nullptr) return false;
    const auto interval = reaching(run->numbers, id.number);
    return interval != run->numbers.end() && interval->first <= id.number;
}

bool gtid_set::contains(const gtid_set& subset) const noexcept {
    auto run = runs_.begin();
    for (const member_run& wanted : subset.runs_) {
        run = std::lower_bound(run, runs_.end(), wanted.sequence, before);
        if (run == runs_.end() || run->sequence != wanted.sequence) return false;
        if (!includes(run->numbers, wanted.numbers)) return false;
    }
    return true;
}

bool gtid_set::intersects(const gtid_set& other) const noexcept {
    for (const member_run& theirs : other.runs_) {
        const member_run* const ours = find(theirs.sequence);
        if (ours == nullptr) continue;
        for (const gtid_interval& numbers : theirs.numbers) {
            const auto interval = reaching(ours->numbers, numbers.first);
            if (interval != ours->numbers.end() && interval->first <= numbers.last) return true;
        }
    }
    return false;
}

bool gtid_set::has_tags() const noexcept {
    return std::any_of(runs_.begin(), runs_.end(),
                       [](const member_run& run) { return !run.sequence.tag.empty(); });
}

std::uint64_t gtid_set::last_of(const gtid_sequence& sequence) const noexcept {
    const member_run* const run = find(sequence);
    return run == nullptr ? 0 : run->numbers.back().last;
}

void gtid_set::add(const gtid& id) {
    add({id.source, id.tag}, {id.number, id.number});
}

void gtid_set::add(const gtid_sequence& sequence, gtid_interval numbers) {
    if (!is_valid(numbers)) return;
    intervals& list = run_of(sequence).numbers;
    if (list.empty() || numbers.first >= list.back().first) return append(list, numbers);

    // Join with every interval that overlaps or touches.
    const auto first = reaching(list, numbers.first - 1);
    auto end = first;
    while (end != list.end() && end->first <= numbers.last + 1) {
        numbers.first = std::min(numbers.first, end->first);
        numbers.last = std::max(numbers.last, end->last);
        ++end;
    }
    if (first == end) {
        list.insert(first, numbers);
    } else {
        *first = numbers;
        list.erase(first + 1, end);
    }
}

gtid_set& gtid_set::operator+=(const gtid_set& other) {
    std::vector<member_run> united;
    united.reserve(runs_.size() + other.runs_.size());
    auto ours = runs_.begin();
    for (const member_run& theirs : other.runs_) {
        while (ours != runs_.end() && ours->sequence < theirs.sequence)
            united.push_back(std::move(*ours++));
        if (ours != runs_.end() && ours->sequence == theirs.sequence) {
            united.push_back({theirs.sequence, unite(ours->numbers, theirs.numbers)});
            ++ours;
        } else {
            united.push_back(theirs);
        }
    }
    std::move(ours, runs_.end(), std::back_inserter(united));
    runs_ = std::move(united);
    return *this;
}

gtid_set& gtid_set::operator-=(const gtid_set& other) {
    if (this == &other) {
        runs_.clear();
        return *this;
    }
    for (member_run& run : runs_) {
        if (const member_run* const theirs = other.find(run.sequence))
            run.numbers = subtract(run.numbers, theirs->numbers);
    }
    std::erase_if(runs_, [](const member_run& run) { return run.numbers.empty(); });
    return *this;
}

gtid_set& gtid_set::operator&=(const gtid_set& other) {
    if (this == &other) return *this;
    for (member_run& run : runs_) {
        const member_run* const theirs = other.find(run.sequence);
        run.numbers = theirs == nullptr ? intervals{} : intersect(run.numbers, theirs->numbers);
    }
    std::erase_if(runs_, [](const member_run& run) { return run.numbers.empty(); });
    return *this;
}

}  // namespace protocol
