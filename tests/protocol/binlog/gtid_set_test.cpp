#include "protocol/gtid_set.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <vector>

using namespace protocol;

namespace {

const std::string a = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string b = "9f0b0c8e-0000-11ef-8a1b-0242ac120002";

gtid_set set_of(const std::string& text) {
    return gtid_set::parse(text).value();
}

boost::system::error_code error_of(const std::string& text) {
    return gtid_set::parse(text).error();
}

std::vector<std::uint8_t> encoded(const gtid_set& set) {
    std::vector<std::uint8_t> out;
    writer into(out);
    set.encode(into);
    return out;
}

/// Too simple to be wrong: the ids one by one, of a few sequences and small numbers.
class model {
public:
    static constexpr std::uint64_t number_max = 40;

    static model random(std::mt19937& random) {
        model made;
        const auto density = random() % 100;
        for (std::size_t s = 0; s < sequences().size(); ++s) {
            if (random() % 3 == 0) continue;
            for (std::uint64_t n = 1; n <= number_max; ++n)
                if (random() % 100 < density) made.members.emplace(s, n);
        }
        return made;
    }

    static const std::vector<gtid_sequence>& sequences() {
        static const std::vector<gtid_sequence> all{
            {uuid::parse(a).value(), {}},
            {uuid::parse(a).value(), gtid_tag::parse("tag").value()},
            {uuid::parse(b).value(), gtid_tag::parse("_").value()},
        };
        return all;
    }

    /// Built by adding single ids in random order.
    gtid_set as_set(std::mt19937& random) const {
        std::vector<std::pair<std::size_t, std::uint64_t>> order(members.begin(), members.end());
        std::shuffle(order.begin(), order.end(), random);
        gtid_set set;
        for (const auto& [s, n] : order)
            set.add(gtid{sequences()[s].source, sequences()[s].tag, n});
        return set;
    }

    std::set<std::pair<std::size_t, std::uint64_t>> members;
};

bool is_canonical(const gtid_set& set) {
    for (std::size_t i = 0; i < set.runs().size(); ++i) {
        const auto& run = set.runs()[i];
        if (run.numbers.empty()) return false;
        if (i > 0 && !(set.runs()[i - 1].sequence < run.sequence)) return false;
        for (std::size_t k = 0; k < run.numbers.size(); ++k) {
            if (run.numbers[k].first > run.numbers[k].last) return false;
            if (k > 0 && run.numbers[k].first <= run.numbers[k - 1].last + 1) return false;
        }
    }
    return true;
}

}  // namespace

TEST_CASE("A GTID prints as it was read", "[gtid]") {
    for (const std::string& text : {a + ":1", a + ":tag_a:23", b + ":9223372036854775806"})
        CHECK(gtid::parse(text).value().to_string() == text);
    for (const std::string& text :
         {a, a + ":", a + ":0", a + ":1-2", a + ":tag", a + "::1", a + ":1 ",
          a + ":9223372036854775807", a + ":t:t:1", std::string()})
        CHECK(gtid::parse(text).error() == errc::bad_gtid);
}

TEST_CASE("A UUID is read in each form MySQL reads", "[gtid]") {
    const uuid expected = uuid::parse(a).value();
    CHECK(expected.to_string() == a);
    CHECK(uuid::parse("3E11FA47-71CA-11E1-9E33-C80AA9429562").value() == expected);
    CHECK(uuid::parse("3e11fa4771ca11e19e33c80aa9429562").value() == expected);
    CHECK(uuid::parse("{" + a + "}").value() == expected);
    for (const std::string& text :
         {a.substr(1), a + "0", "{" + a, "g" + a.substr(1),
          std::string("3e11fa47071ca-11e1-9e33-c80aa9429562"), std::string()})
        CHECK(uuid::parse(text).error() == errc::bad_gtid);
}

TEST_CASE("A tag has at most 32 characters and does not begin with a digit", "[gtid]") {
    CHECK(gtid_tag::parse("Tag_A9").value().view() == "tag_a9");
    CHECK(gtid_tag::parse("").value().empty());
    CHECK(gtid_tag::parse(std::string(32, 'x')).has_value());
    for (const std::string& text :
         {std::string(33, 'x'), std::string("1a"), std::string("a-b"), std::string("é")})
        CHECK(gtid_tag::parse(text).error() == errc::bad_gtid);
}

TEST_CASE("A GTID set prints as MySQL 9.7 prints it", "[gtid]") {
    // Left: what the server was given.  Right: its GTID_SUBTRACT(left, '').
    const std::vector<std::pair<std::string, std::string>> answers{
        {a + ":1-5", a + ":1-5"},
        {a + ":5-3", ""},
        {a + ":1:3-4:2", a + ":1-4"},
        {a, ""},
        {" " + a + " : 1 - 3 : 5 , ," + a + ":9", a + ":1-3:5:9"},
        {a + ":9223372036854775806", a + ":9223372036854775806"},
        {"{" + a + "}:1", a + ":1"},
        {a + ":Tag_A:1-3:5:tag_b:1", a + ":tag_a:1-3:5:tag_b:1"},
        {a + ":1:tag:2:3:4", a + ":1:tag:2-4"},
        {a + ":tag", ""},
        {a + ":tag:1," + a + ":tag:2", a + ":tag:1-2"},
        {a + ":tag:tag2:1", a + ":tag2:1"},
        {a + ":01", a + ":1"},
        {",," + a + ":1,,", a + ":1"},
        {a + ":tag :1", a + ":tag:1"},
        {"\t" + a + ":\n1", a + ":1"},
        {a + ":1:tag:5-3", a + ":1"},
        {a + ":5-3:tag:1", a + ":tag:1"},
        {b + ":1," + a + ":2", a + ":2," + b + ":1"},
        {"", ""},
        {" \n", ""},
    };
    for (const auto& [given, printed] : answers) {
        CAPTURE(given);
        CHECK(set_of(given).to_string() == printed);
    }
}

TEST_CASE("What MySQL 9.7 calls a malformed GTID set is refused", "[gtid]") {
    for (const std::string& text : {a + ":",
                                    a + ":1:",
                                    ":" + a + ":1",
                                    a + "::1",
                                    a + ":0",
                                    a + ":0-3",
                                    a + ":9223372036854775807",
                                    a + ":1-9223372036854775807",
                                    a + ":tag:",
                                    a + ":1tag:2",
                                    a + ":+1",
                                    a + ":1;",
                                    a + ":1-",
                                    a + ":t ag:1",
                                    a + ":" + std::string(33, 'x') + ":1",
                                    a + ":18446744073709551616",
                                    a + ":-1",
                                    a + ":tag:0",
                                    a + ":1 2",
                                    std::string("x"),
                                    a + ":1 " + b + ":1",
                                    a + std::string("\0:1", 3)}) {
        CAPTURE(text);
        CHECK(error_of(text) == errc::bad_gtid);
    }
}

TEST_CASE("A GTID set of a million intervals in the worst order is read at once", "[gtid]") {
    std::string text = a;
    for (std::size_t i = gtid_set::intervals_max; i > 0; --i) text += ':' + std::to_string(2 * i);
    CHECK(set_of(text).count() == gtid_set::intervals_max);
    text += ":1";
    CHECK(error_of(text) == errc::limit_exceeded);
}

TEST_CASE("Adding the next number of a sequence extends its interval", "[gtid]") {
    gtid_set set;
    for (std::uint64_t n = 1; n <= 1000; ++n) set.add({uuid::parse(a).value(), {}, n});
    CHECK(set.to_string() == a + ":1-1000");
    CHECK(set.count() == 1000);
    CHECK(set.last_of({uuid::parse(a).value(), {}}) == 1000);
    CHECK(set.last_of({uuid::parse(b).value(), {}}) == 0);
    set.add({uuid::parse(a).value(), {}, 0});
    set.add({uuid::parse(a).value(), {}, gtid::number_max + 1});
    CHECK(set.count() == 1000);
}

TEST_CASE("The count of a GTID set saturates", "[gtid]") {
    const std::string all = ":1-9223372036854775806";
    CHECK(set_of(a + all).count() == gtid::number_max);
    CHECK(set_of(a + all + ":t" + all + "," + b + all).count() == UINT64_MAX);
}

TEST_CASE("GTID set operations agree with sets of single ids", "[gtid]") {
    const auto seed = GENERATE(take(300, random(0, 1'000'000'000)));
    CAPTURE(seed);
    std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
    const model left = model::random(random);
    const model right = model::random(random);
    const gtid_set l = left.as_set(random);
    const gtid_set r = right.as_set(random);

    model all = left;
    all.members.insert(right.members.begin(), right.members.end());
    model rest;
    model common;
    for (const auto& id : left.members)
        (right.members.contains(id) ? common : rest).members.insert(id);

    CHECK(l + r == all.as_set(random));
    CHECK(l - r == rest.as_set(random));
    CHECK((l & r) == common.as_set(random));
    CHECK(l.intersects(r) == !common.members.empty());
    CHECK(l.contains(r) == (common.members == right.members));
    CHECK(l.contains(l & r));
    CHECK((l + r).contains(l));
    CHECK(l.count() == left.members.size());
    CHECK(l.empty() == left.members.empty());
    for (const gtid_set& set : {l, r, l + r, l - r, l & r}) {
        CHECK(is_canonical(set));
        CHECK(set_of(set.to_string()) == set);
        CHECK(gtid_set::decode(encoded(set)).value() == set);
    }
    for (std::size_t s = 0; s < model::sequences().size(); ++s) {
        const auto& [source, tag] = model::sequences()[s];
        for (std::uint64_t n = 0; n <= model::number_max + 1; ++n)
            REQUIRE(l.contains(gtid{source, tag, n}) == left.members.contains({s, n}));
    }
    gtid_set same = l;
    CHECK((same += same) == l);
    CHECK((same &= same) == l);
    CHECK((same -= same).empty());
}

TEST_CASE("A binary GTID set cut short anywhere is truncated", "[gtid]") {
    for (const std::string& text : {a + ":1-5:7," + b + ":1", a + ":1-5:tag:3:5," + b + ":1"}) {
        const auto full = encoded(set_of(text));
        CHECK(gtid_set::decode(full).value() == set_of(text));
        for (std::size_t size = 0; size < full.size(); ++size) {
            CAPTURE(text, size);
            const std::vector<std::uint8_t> cut(full.data(), full.data() + size);
            CHECK(gtid_set::decode(cut).error() == errc::truncated);
        }
        auto longer = full;
        longer.push_back(0);
        CHECK(gtid_set::decode(longer).error() == errc::trailing_bytes);
    }
}

TEST_CASE("A binary GTID set with intervals out of order is malformed", "[gtid]") {
    std::vector<std::uint8_t> data;
    const auto decode = [&](std::uint64_t start, std::uint64_t end, std::uint64_t start2,
                            std::uint64_t end2) {
        data.clear();
        writer out(data);
        out.u64(1);
        out.zeros(16);
        out.u64(2);
        for (const std::uint64_t value : {start, end, start2, end2}) out.u64(value);
        return gtid_set::decode(data);
    };
    CHECK(decode(1, 3, 4, 5).value().count() == 3);
    CHECK(decode(1, 3, 3, 5).error() == errc::malformed);
    CHECK(decode(4, 5, 1, 3).error() == errc::malformed);
    CHECK(decode(0, 3, 4, 5).error() == errc::malformed);
    CHECK(decode(1, 1, 4, 5).error() == errc::malformed);
    CHECK(decode(1, 3, 4, std::uint64_t{1} << 63).error() == errc::malformed);
    CHECK(decode(1, 3, 4, gtid::number_max + 1).has_value());
}
