#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/gtid.hpp"

namespace protocol {

/// Where a GTID's number counts: every (source, tag) has its own sequence.  MySQL's "TSID".
struct gtid_sequence {
    uuid source{};
    gtid_tag tag{};

    friend auto operator<=>(const gtid_sequence&, const gtid_sequence&) = default;
};

/// Consecutive numbers of one sequence, both ends included: 1 <= first <= last <= gtid::number_max.
struct gtid_interval {
    std::uint64_t first = 1;
    std::uint64_t last = 1;

    friend bool operator==(const gtid_interval&, const gtid_interval&) = default;
};

/// A set of global transaction ids, tagged or not, such as `@@gtid_executed`.
///
/// A plain value: sets with the same members are equal and print the same text.  contains() never
/// allocates and is two binary searches, so a router may ask it for every read.
class gtid_set {
public:
    using intervals = boost::container::small_vector<gtid_interval, 1>;

    /// All members of one sequence.
    struct member_run {
        gtid_sequence sequence;
        intervals numbers;  // sorted, disjoint, not adjacent, never empty

        friend bool operator==(const member_run&, const member_run&) = default;
    };

    /// Of one text or binary form.  Real sets have a handful; a fragmented one some thousands.
    static constexpr std::size_t intervals_max = std::size_t{1} << 20;

    gtid_set() = default;

    /// Reads MySQL's text form, "uuid:1-5:7:tag:1,uuid:3".  As in MySQL blanks and line ends may
    /// surround every token, empty list items and intervals that end before they start add
    /// nothing, and blank text is the empty set.  Memory is bounded by the size of the text.
    /// @return `errc::bad_gtid`, or `errc::limit_exceeded` for more than `intervals_max` intervals.
    static result<gtid_set> parse(std::string_view text);

    /// Reads the binary form of COM_BINLOG_DUMP_GTID and previous_gtids events, with or without
    /// tags.
    /// @return `errc::truncated`, `errc::trailing_bytes`, `errc::malformed` (such as intervals out
    /// of order), or
    ///         `errc::bad_gtid` for a tag that is none, or `errc::limit_exceeded`.
    static result<gtid_set> decode(bytes_view data);

    /// Appends the binary form; the layout with tags only if some member has one.
    void encode(writer& out) const;

    /// The text MySQL prints, on one line: "uuid:1-5:7:tag:1,uuid2:3".
    std::string to_string() const;

    bool empty() const noexcept { return runs_.empty(); }
    /// The number of ids; the largest std::uint64_t if there are more.
    std::uint64_t count() const noexcept;
    bool contains(const gtid& id) const noexcept;
    bool contains(const gtid_set& subset) const noexcept;
    bool intersects(const gtid_set& other) const noexcept;
    bool has_tags() const noexcept;

    /// The largest number of a sequence, 0 if it has none.
    std::uint64_t last_of(const gtid_sequence& sequence) const noexcept;

    /// Sorted by sequence, as MySQL prints them.
    const std::vector<member_run>& runs() const noexcept { return runs_; }

    /// Adds one id; appending to the end of a sequence, the usual case, is O(log sequences).
    /// A number outside 1 to gtid::number_max is no id and adds nothing.
    void add(const gtid& id);
    /// Adds an interval; one that breaks gtid_interval's rule adds nothing.
    void add(const gtid_sequence& sequence, gtid_interval numbers);

    gtid_set& operator+=(const gtid_set& other);  // union
    gtid_set& operator-=(const gtid_set& other);  // difference
    gtid_set& operator&=(const gtid_set& other);  // intersection

    friend gtid_set operator+(gtid_set a, const gtid_set& b) { return a += b; }
    friend gtid_set operator-(gtid_set a, const gtid_set& b) { return a -= b; }
    friend gtid_set operator&(gtid_set a, const gtid_set& b) { return a &= b; }

    friend bool operator==(const gtid_set&, const gtid_set&) = default;

private:
    /// An interval and the index of its sequence in a list kept beside.
    struct loose_interval {
        std::size_t sequence = 0;
        gtid_interval numbers;
    };
    class text_parser;
    /// Makes the set of intervals in any order: one sort, whatever a peer sends.
    static gtid_set build(const std::vector<gtid_sequence>& sequences,
                          std::vector<loose_interval> loose);
    member_run& run_of(const gtid_sequence& sequence);
    const member_run* find(const gtid_sequence& sequence) const noexcept;

    std::vector<member_run> runs_;  // sorted by sequence, no two alike, none without numbers
};

}  // namespace protocol
