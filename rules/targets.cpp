#include "rules/targets.hpp"

#include "rules/names.hpp"

namespace rules {
namespace {

// A keyword as a name is passed over: its digest does not tell how it was spelled.
bool read_table(symbol_reader& in, std::vector<table_name>& out) {
    const auto is_plain_name = [&] { return in.peek().code == symbol_code::name; };
    if (!is_plain_name()) return false;
    table_name found;
    found.table = name_of(in.take().tok);
    if (in.skip('.')) {
        if (!is_plain_name()) return false;
        found.schema = std::move(found.table);
        found.table = name_of(in.take().tok);
    }
    out.push_back(std::move(found));
    return true;
}

}  // namespace

std::vector<table_name> targets_of(symbol_span statement) {
    symbol_reader in(statement);
    std::vector<table_name> out;
    if (in.skip("CREATE")) {
        in.skip_any({"OR", "REPLACE"});
        if (!in.skip("TEMPORARY") || !in.skip("TABLE")) return out;
        in.skip_any({"IF", "NOT", "EXISTS"});
        read_table(in, out);
        return out;
    }
    if (!in.skip("DROP")) return out;
    in.skip("TEMPORARY");
    if (!in.skip("TABLE") && !in.skip("TABLES")) return out;
    in.skip_any({"IF", "EXISTS"});
    while (out.size() < names_max && read_table(in, out))
        if (!in.skip(',')) break;
    return out;
}

std::string handler_name_of(symbol_span statement) {
    symbol_reader in(statement);
    in.skip("HANDLER");
    // A number is no name: texts that differ in it alone have one digest.
    const auto take_name = [&] {
        const symbol taken = in.take();
        const bool is_name = taken.code == symbol_code::name || taken.is_keyword();
        return is_name ? lower_name_of(taken.tok) : std::string();
    };
    std::string name = take_name();
    if (in.skip('.')) name = take_name();
    if (in.skip("OPEN")) {
        in.skip("AS");
        if (in.peek().is_name()) name = lower_name_of(in.take().tok);
    }
    return name;
}

}  // namespace rules
