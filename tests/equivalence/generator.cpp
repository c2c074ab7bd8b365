#include "tests/equivalence/generator.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "protocol/capabilities.hpp"
#include "tests/equivalence/dice.hpp"
#include "tests/equivalence/known_differences.hpp"
#include "tests/equivalence/sql_pools.hpp"
#include "tests/equivalence/sql_texts.hpp"

namespace equivalence {
namespace {

namespace capability = protocol::capability;

struct prepared_name {
    std::string name;
    prepared_sql sql;
    bool cursor_open = false;
    bool with_cursors = false;  // always: see "cursor_once" of the known differences
    bool typed = false;         // was executed with types
};

struct player {
    std::string name;
    own_things own;
    identity who;
    std::vector<prepared_name> prepared;
    unsigned statements = 0;  // named so far
    unsigned generation = 0;  // how often it has kept a connection
    bool holds = false;       // may keep a server connection to itself
    unsigned holds_for = 0;   // so many more turns
};

class maker {
public:
    maker(std::uint64_t seed, const script_shape& shape);
    script make();

private:
    void add(player& who, step one);
    void query(player& who, std::string sql);
    void turn(player& who);
    void light_turn(player& who);
    void holding_turn(player& who);
    void let_go(player& who);
    void connect(player& who);
    void change_user(player& who);
    void prepare(player& who);
    void execute(player& who);
    void after_execution(player& who);
    void command(player& who);
    void several(player& who);
    void kill(player& who);
    void ask_about_last(player& who);
    void begin_anew(player& who);
    identity some_identity();
    static parameter::kind type_of(const std::string& text, unsigned placeholder);
    parameter some_value(parameter::kind type);
    std::size_t holders() const;

    dice random_;
    script_shape shape_;
    std::vector<player> players_;
    std::uint32_t shared_flags_;
    history history_;
    script made_;
};

maker::maker(std::uint64_t seed, const script_shape& shape) : random_(seed), shape_(shape) {
    // What a server connection must share with its session; in half of the scripts all sessions
    // are alike, so that they use each other's connections the more.
    shared_flags_ = random_.chance(50) ? 0 : capability::found_rows | capability::ignore_space;
    for (std::size_t i = 0; i < shape.sessions; ++i) {
        player& added = players_.emplace_back();
        const std::string number = std::to_string(i);
        added.name = std::string(1, static_cast<char>('A' + i));
        added.own.table = "fuzz.t" + number;
        added.own.private_table = "fuzz.p" + number;
        added.own.schema = "own" + number;
        for (std::size_t j = 0; j < shape.sessions; ++j)
            if (j != i) added.own.other_tables.push_back("fuzz.t" + std::to_string(j));
        added.who = some_identity();
    }
}

identity maker::some_identity() {
    static const std::vector<std::string> schemas{"fuzz", "fuzz", "fuzz", "other", "shared", ""};
    static const std::vector<std::uint8_t> collations{255, 255, 255, 255, 45, 46, 8,
                                                      33,  83,  11,  13,  28, 51, 63};
    identity who;
    who.user = random_.chance(85) ? "app" : "app2";
    who.schema = random_.pick(schemas);
    who.collation = random_.pick(collations);
    const auto maybe = [&](std::uint32_t flag, unsigned percent) {
        if (random_.chance(percent)) who.capabilities |= flag;
    };
    maybe(capability::session_track, 70);
    maybe(capability::deprecate_eof, 60);
    maybe(capability::multi_statements, 70);
    maybe(capability::multi_results, 92);
    maybe(capability::ps_multi_results, 85);
    maybe(capability::found_rows & shared_flags_, 40);
    maybe(capability::ignore_space & shared_flags_, 20);
    maybe(capability::interactive, 10);
    return who;
}

std::size_t maker::holders() const {
    return static_cast<std::size_t>(
        std::count_if(players_.begin(), players_.end(), [](const player& p) { return p.holds; }));
}

void maker::add(player& who, step one) {
    one.session = who.name;
    if (known(history_, one) != nullptr) return;
    history_.add(one);
    made_.push_back(std::move(one));
}

void maker::query(player& who, std::string sql) {
    add(who, {.what = action::query, .text = std::move(sql)});
}

void maker::begin_anew(player& who) {
    who.prepared.clear();
    who.holds = false;
}

void maker::connect(player& who) {
    begin_anew(who);
    add(who, {.what = action::connect, .to = who.who});
}

void maker::change_user(player& who) {
    begin_anew(who);
    identity next = some_identity();
    next.capabilities = who.who.capabilities;  // stay as they are
    if (random_.chance(3)) next.schema = "no_such_schema";
    who.who = next;
    add(who, {.what = action::change_user, .to = next});
    if (next.schema != "no_such_schema") return;
    who.who.schema.clear();
    connect(who);
}

void maker::let_go(player& who) {
    switch (random_.below(4)) {
        case 0:
            change_user(who);
            break;
        case 1:
            who.who = some_identity();
            connect(who);
            break;
        default:
            begin_anew(who);
            add(who, {.what = action::reset_connection});
            break;
    }
}

// The type of a placeholder is the same for everybody: see "type_of_parameter" of the known
// differences.
parameter::kind maker::type_of(const std::string& text, unsigned placeholder) {
    using kind = parameter::kind;
    static const std::vector<kind> kinds{kind::tiny,    kind::short_,   kind::int_, kind::bigint,
                                         kind::ubigint, kind::double_,  kind::text, kind::blob,
                                         kind::date,    kind::datetime, kind::time};
    std::uint32_t sum = 17 + placeholder * 7;
    for (const char c : text) sum = sum * 31 + static_cast<unsigned char>(c);
    return kinds[sum % kinds.size()];
}

parameter maker::some_value(parameter::kind type) {
    using kind = parameter::kind;
    static const std::vector<parameter> values{
        {kind::tiny, "1"},
        {kind::tiny, "-3"},
        {kind::short_, "300"},
        {kind::int_, "2"},
        {kind::int_, "5"},
        {kind::int_, "-70000"},
        {kind::bigint, "3"},
        {kind::bigint, "-9223372036854775808"},
        {kind::ubigint, "18446744073709551615"},
        {kind::double_, "1.5"},
        {kind::text, "3"},
        {kind::text, "some words"},
        {kind::text, "ANSI_QUOTES"},
        {kind::text, "it's \\ \xc3\xa9 \xe4"},
        {kind::text, ""},
        {kind::blob, std::string("\0\1\xff", 3)},
        {kind::blob, "4"},
        {kind::date, "2026-01-31"},
        {kind::datetime, "2026-01-31 12:30:59"},
        {kind::time, "12:30:59"},
    };
    std::vector<parameter> fitting;
    for (const parameter& value : values)
        if (value.type == type) fitting.push_back(value);
    return random_.pick(fitting);
}

void maker::prepare(player& who) {
    prepared_name added;
    added.name = "s" + std::to_string(++who.statements);
    added.sql = text_to_prepare(random_, who.own, who.holds);
    // The same text twice, and the text of somebody else, are what connections share.
    const player& other = random_.pick(players_);
    if (random_.chance(30) && !other.prepared.empty()) {
        const prepared_sql& theirs = random_.pick(other.prepared).sql;
        const bool touches_their_tables = theirs.text.find("fuzz.") != std::string::npos ||
                                          theirs.text.find("own") != std::string::npos;
        if (!touches_their_tables && who.holds >= other.holds) added.sql = theirs;
    }
    // See "news_of_prepared_call" of the known differences.
    const bool tracks = (who.who.capabilities & capability::session_track) != 0;
    const bool elsewhere = added.sql.text.starts_with("CALL ") ||
                           added.sql.text.find("shared.f_") != std::string::npos;
    if (tracks && elsewhere) return;
    add(who, {.what = action::prepare, .name = added.name, .text = added.sql.text});
    added.with_cursors = added.sql.reads_rows && random_.chance(25);
    who.prepared.push_back(std::move(added));
    if (random_.chance(80)) execute(who);
}

void maker::execute(player& who) {
    if (who.prepared.empty()) return;
    prepared_name& chosen = who.prepared[random_.below(who.prepared.size())];
    if (chosen.with_cursors && !who.holds) return;
    const std::size_t count = 1 + random_.below(3);
    for (std::size_t i = 0; i < count; ++i) {
        step one{.what = action::execute, .name = chosen.name};
        const bool writes = chosen.sql.text.find("fuzz.t") != std::string::npos;
        const bool compares = chosen.sql.text.starts_with("DELETE");
        const bool fits = (writes && !chosen.sql.reads_rows && !compares) ||
                          type_of(chosen.sql.text, 0) == parameter::kind::blob;
        const bool long_data =
            who.holds && chosen.sql.placeholders > 0 && fits && random_.chance(40);
        if (long_data) {
            const std::size_t pieces = 1 + random_.below(3);
            for (std::size_t piece = 0; piece < pieces; ++piece)
                add(who, {.what = action::long_data,
                          .name = chosen.name,
                          .text = "piece " + random_.number(9)});
        }
        for (unsigned at = 0; at < chosen.sql.placeholders; ++at)
            one.parameters.push_back(long_data && at == 0
                                         ? parameter{parameter::kind::long_data, {}}
                                         : some_value(type_of(chosen.sql.text, at)));
        // NULL has a type of its own, which matters to all but writes.
        if (writes && !chosen.sql.reads_rows && !long_data && !one.parameters.empty() &&
            random_.chance(25))
            one.parameters[random_.below(one.parameters.size())] = {parameter::kind::null, {}};
        one.types_left_out = chosen.typed && !long_data && random_.chance(30);
        // Of a NULL the server learns no type.
        chosen.typed = !one.parameters.empty() &&
                       std::ranges::none_of(one.parameters, [](const parameter& value) {
                           return value.type == parameter::kind::null;
                       });
        one.cursor = chosen.with_cursors;
        add(who, one);
        chosen.cursor_open = chosen.cursor_open || one.cursor;
    }
    after_execution(who);
}

void maker::after_execution(player& who) {
    if (who.prepared.empty()) return;
    prepared_name& chosen = who.prepared[random_.below(who.prepared.size())];
    if (chosen.cursor_open || random_.chance(5)) {
        const std::size_t times = 1 + random_.below(3);
        for (std::size_t i = 0; i < times; ++i)
            add(who, {.what = action::fetch,
                      .name = chosen.name,
                      .number = static_cast<std::uint32_t>(random_.below(4))});
    }
    if (random_.chance(15)) add(who, {.what = action::reset_statement, .name = chosen.name});
    if (random_.chance(15)) {
        add(who, {.what = action::close_statement, .name = chosen.name});
        if (random_.chance(90))
            who.prepared.erase(who.prepared.begin() + (&chosen - who.prepared.data()));
    }
}

void maker::several(player& who) {
    std::string text;
    const std::size_t count = 2 + random_.below(3);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) text += "; ";
        // What changes the session's state, together with others, keeps the connection.
        if (!who.holds)
            text += harmless_statement(random_, who.own);
        else
            text += random_.chance(40) ? holding_statement(random_, who.own, who.generation)
                                       : light_statement(random_, who.own);
    }
    if (random_.chance(20)) text += ";";
    query(who, std::move(text));
}

void maker::command(player& who) {
    static const std::vector<std::string> schemas{"fuzz",           "fuzz",  "other", "shared",
                                                  "no_such_schema", "mysql", ""};
    static const std::vector<std::string> tables{"small", "t0", "types", "no_such_table"};
    switch (random_.below(9)) {
        case 8:
            return kill(who);
        case 0:
        case 1:
            return add(who, {.what = action::init_db, .text = random_.pick(schemas)});
        case 2:
            return add(who, {.what = action::field_list, .text = random_.pick(tables)});
        case 3:
            return add(who, {.what = action::statistics});
        case 4:
        case 5:
            return add(who, {.what = action::ping});
        case 6:
            return add(who, {.what = action::set_option,
                             .number = static_cast<std::uint32_t>(random_.below(2))});
        default:
            return add(who, {.what = action::reset_statement, .name = "s0"});
    }
}

void maker::kill(player& who) {
    player& victim = players_[random_.below(players_.size())];
    const action way = random_.chance(50) ? action::kill : action::kill_query;
    add(who, {.what = way, .name = victim.name});
    if (way == action::kill_query) return;
    if (random_.chance(30)) query(victim, "SELECT 1");
    connect(victim);  // if it was killed, or perhaps not
}

void maker::ask_about_last(player& who) {
    if (random_.chance(60)) {
        query(who, std::string(random_.pick(warning_statements())));
        query(who, std::string(random_.pick(questions_about_warnings())));
        if (random_.chance(20)) query(who, "SHOW WARNINGS");
        return;
    }
    if (random_.chance(50)) query(who, "DO ROW_COUNT(), FOUND_ROWS()");
    query(who, random_.chance(50) ? read_statement(random_, who.own)
                                  : write_statement(random_, who.own));
    query(who, random_.chance(50) ? "SELECT ROW_COUNT()" : "SELECT FOUND_ROWS(), ROW_COUNT()");
}

void maker::light_turn(player& who) {
    const std::size_t kind = random_.below(100);
    if (kind < 60) return query(who, light_statement(random_, who.own));
    if (kind < 68) return prepare(who);
    if (kind < 78) return execute(who);
    if (kind < 84) return several(who);
    if (kind < 91) return ask_about_last(who);
    if (kind < 97) return command(who);
    if (kind < 98) return let_go(who);
    if (random_.chance(50)) return;
    begin_anew(who);
    add(who, {.what = action::reset_connection});
}

void maker::holding_turn(player& who) {
    if (who.holds_for-- == 0) return let_go(who);
    if (random_.chance(45)) return query(who, holding_statement(random_, who.own, who.generation));
    light_turn(who);
}

void maker::turn(player& who) {
    if (who.holds) return holding_turn(who);
    if (holders() < shape_.holders_max && random_.chance(10)) {
        who.holds = true;
        ++who.generation;
        who.holds_for = static_cast<unsigned>(5 + random_.below(40));
    }
    light_turn(who);
}

script maker::make() {
    for (player& who : players_) connect(who);
    while (made_.size() < shape_.steps) {
        player& who = players_[random_.below(players_.size())];
        const std::size_t turns = 1 + random_.below(3);
        for (std::size_t i = 0; i < turns; ++i) turn(who);
    }
    return std::move(made_);
}

}  // namespace

script generate(std::uint64_t seed, const script_shape& shape) {
    return maker(seed, shape).make();
}

}  // namespace equivalence
