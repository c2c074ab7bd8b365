#pragma once

#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace rules {

// Makes statements at random from a grammar, most of them valid.  Every literal is written by
// literal(), so that the same seed with other literals gives the same statement but for those.
class random_sql {
public:
    random_sql(unsigned structure, unsigned literals)
        : structure_(structure), literals_(literals) {}

    std::string statement() {
        switch (pick(12)) {
            case 0:
                return "insert into " + name() + " (" + name() + ", " + name() + ") values (" +
                       literal() + ", " + expression() + ")";
            case 1:
                return "update " + name() + " set " + name() + " = " + expression() + where();
            case 2:
                return "delete from " + name() + where();
            case 3:
                return "begin; " + query() + "; commit";
            case 4:
                return "with " + name() + " as (" + query() + ") " + query();
            case 5:
                return "explain " + query();
            case 6:
                return "call " + name() + "(" + expression() + ", @" + name() + ")";
            case 7:
                return "(" + query() + ") union (" + query() + ")";
            case 8:
                return "do " + expression();
            default:
                return query();
        }
    }

    /// A condition on the columns a, b and c alone, for a server that has such a table.
    std::string condition(int depth = 0) {
        const auto sub = [&] { return depth > 3 ? "a = 1" : condition(depth + 1); };
        const auto number = [&] { return std::to_string(literals_() % 4); };
        const std::string column = any_of({"a", "b", "c"});
        switch (pick(15)) {
            case 0:
                return column + " in (" + number() + ", " + number() + ")";
            case 1:
                return "(" + sub() + ")";
            case 2:
            case 3:
            case 4:
                return sub() + any_of({" and ", " && "}) + sub();
            case 5:
                return sub() + any_of({" or ", " || ", " xor "}) + sub();
            case 6:
                return column + " between " + number() + " and " + sub();
            case 7:
                return "not " + sub();
            case 8:
                return "case when " + sub() + " then " + sub() + " else 0 end";
            case 9:
                return sub() + any_of({" is true", " is false", " = 0", " + 1", " is not null"});
            case 10:
                return number() + " = " + column;
            case 11:
                return column + " = " + any_of({"", "-", "null or ", "1 = "}) + number();
            case 12:
                return column + any_of({" <=> ", " > ", " != "}) + number();
            default:
                return column + " = " + number();
        }
    }

private:
    unsigned pick(unsigned n) { return structure_() % n; }
    std::string any_of(std::initializer_list<std::string_view> list) {
        return std::string(list.begin()[pick(static_cast<unsigned>(list.size()))]);
    }

    std::string name() {
        return any_of({"a", "b", "orders", "shop_id", "`c d`", "`q``r`", "status", "T", "date"});
    }
    std::string column() { return pick(3) == 0 ? name() + "." + name() : name(); }

    // The number of random draws must not depend on which literal it is.
    std::string literal() {
        static const std::vector<std::string> all{"1",
                                                  "-5",
                                                  "'x'",
                                                  "'it''s'",
                                                  "'\\''",
                                                  "\"q\"",
                                                  "1.5",
                                                  "1e3",
                                                  "0xff",
                                                  "X'41'",
                                                  "b'1'",
                                                  "N'n'",
                                                  "';'",
                                                  "'/*'",
                                                  "'-- '",
                                                  "'a' 'b'",
                                                  "12345678901234567890",
                                                  ".5",
                                                  "+7",
                                                  "''"};
        return all[literals_() % all.size()];
    }
    std::string list() {
        // Two at least: a single value is another form outside IN.
        std::string out = literal() + ", " + literal();
        for (auto more = literals_() % 3; more > 0; --more) out += "," + literal();
        return out;
    }

    std::string expression(int depth = 0) {
        if (depth > 3) return literal();
        const auto sub = [&] { return expression(depth + 1); };
        switch (pick(14)) {
            case 0:
                return column() + " = " + literal();
            case 1:
                return column() + " in (" + list() + ")";
            case 2:
                return column() + " in (" + literal() + ")";
            case 3:
                return "(" + sub() + ")";
            case 4:
                return sub() + " and " + sub();
            case 5:
                return sub() + " or " + sub();
            case 6:
                return "concat(" + sub() + ", " + sub() + ")";
            case 7:
                return any_of({"f(", "get_lock(", "count(", "last_insert_id(", "d.g("}) + list() +
                       ")";
            case 8:
                return "(" + query(depth + 1) + ")";
            case 9:
                return column() + " between " + literal() + " and " + sub();
            case 10:
                return "case when " + sub() + " then " + literal() + " else " + sub() + " end";
            case 11:
                return any_of({"@v", "@@sql_mode", "now()", "?", "null", "true", "current_user"});
            case 12:
                return "not " + sub();
            default:
                return literal();
        }
    }

    std::string where() { return pick(4) == 0 ? "" : " where " + expression(); }

    std::string query(int depth = 0) {
        std::string out = "select " + any_of({"*", "a", "count(*)", "t.*", "sql_no_cache b"});
        if (pick(3) == 0) out += ", " + expression(depth + 1);
        if (pick(8) == 0) return out;
        out += " from " + name();
        if (pick(4) == 0) out += any_of({" join ", ", ", " natural join ", " left join "}) + name();
        out += where();
        if (pick(3) == 0) out += " order by " + column() + " limit " + list();
        if (pick(6) == 0) out += any_of({" for update", " for share", " lock in share mode"});
        return out;
    }

    std::mt19937 structure_;
    std::mt19937 literals_;
};

}  // namespace rules
