#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <ostream>

#include "proxy/cli/command_line.hpp"
#include "proxy/cli/commands.hpp"
#include "proxy/cli/edge_inquiry.hpp"
#include "rules/digest.hpp"

namespace proxy::cli {
namespace {

namespace json = boost::json;

/// All that explain says, before it is written as text or JSON.
struct explanation {
    std::string digest{};
    rules::script_facts facts{};
    std::vector<edge_answer> edges{};
    std::vector<router::coverage_verdict> verdicts{};  // one for each edge
    router::decision decision{};
    std::string sentence{};
};

explanation explain(const config& settings, const user_config& user, std::string_view schema,
                    std::string_view sql) {
    explanation out;
    const rules::lex_options lexing = ask_lexing(settings);
    out.facts = rules::analyze(sql, lexing);
    out.digest = rules::digest_text(sql, lexing);

    router::topology cluster;
    for (const edge_config& edge : settings.edges) {
        out.edges.push_back(ask_edge(edge));
        const router::edge_view& view = out.edges.back().view;
        cluster.edges.push_back(view);
        out.verdicts.push_back(
            view.holds == nullptr
                ? router::coverage_verdict{}
                : router::covers(*view.holds, out.facts.front(), schema, sql, lexing));
    }
    const router::session_view session{
        .schema = schema, .level = user.level, .in_system_time_zone = true};
    out.decision = router::decide(out.facts, session, cluster, sql, lexing);
    out.sentence = router::explain(out.decision, cluster);
    return out;
}

std::string joined_tables(const rules::script_facts& facts) {
    std::string out;
    for (const rules::statement_facts& statement : facts.statements) {
        for (const rules::table_name& table : statement.tables) {
            if (!out.empty()) out += ", ";
            out += table.schema.empty() ? table.table : table.schema + "." + table.table;
        }
    }
    return out;
}

std::string joined_classes(const rules::script_facts& facts) {
    std::string out;
    for (const rules::statement_facts& statement : facts.statements) {
        if (!out.empty()) out += "; ";
        out += rules::to_string(statement.cls);
    }
    return out;
}

std::string server_of(const explanation& e) {
    if (e.decision.to == router::target::primary) return "primary";
    return e.edges[e.decision.edge].view.name;
}

std::string verdict_text(const edge_answer& edge, const router::coverage_verdict& verdict) {
    if (!edge.problem.empty()) return "cannot be told: " + edge.problem;
    if (verdict) return "holds all that is named";
    return "not covered (" + std::string(to_string(verdict.why)) +
           (verdict.name.empty() ? ")" : "): " + verdict.name);
}

void print_text(const explanation& e, std::ostream& out) {
    const auto line = [&](std::string_view key, std::string_view value) {
        constexpr std::size_t width = 12;
        out << key << std::string(width - std::min(width - 1, key.size()), ' ')
            << (value.empty() ? "-" : value) << '\n';
    };
    line("class", joined_classes(e.facts));
    line("digest", e.digest);
    line("tables", joined_tables(e.facts));
    line("effects", rules::to_string(e.facts.effects()));
    for (std::size_t i = 0; i < e.edges.size(); ++i)
        line("edge " + e.edges[i].view.name, verdict_text(e.edges[i], e.verdicts[i]));
    line("server", server_of(e));
    line("reason", to_string(e.decision.why));
    out << e.sentence << '\n';
}

void print_json(const explanation& e, std::ostream& out) {
    json::array edges;
    for (std::size_t i = 0; i < e.edges.size(); ++i) {
        json::object edge;
        edge["name"] = e.edges[i].view.name;
        edge["problem"] = e.edges[i].problem;
        edge["covered"] = e.edges[i].problem.empty() && e.verdicts[i];
        edge["coverage"] = e.edges[i].problem.empty() ? to_string(e.verdicts[i].why) : "unknown";
        edge["missing"] = e.verdicts[i].name;
        edges.push_back(std::move(edge));
    }
    json::object answer;
    answer["class"] = joined_classes(e.facts);
    answer["digest"] = e.digest;
    answer["tables"] = joined_tables(e.facts);
    answer["effects"] = rules::to_string(e.facts.effects());
    answer["edges"] = std::move(edges);
    answer["target"] = to_string(e.decision.to);
    answer["server"] = server_of(e);
    answer["reason"] = to_string(e.decision.why);
    answer["explanation"] = e.sentence;
    out << json::serialize(answer) << '\n';
}

}  // namespace

int explain(const explain_options& options, std::ostream& out, std::ostream& err) {
    const auto settings = load_or_complain(options.config, err);
    if (!settings) return exit_problem;
    const auto user =
        options.user.empty()
            ? settings->users.begin()
            : std::find_if(settings->users.begin(), settings->users.end(),
                           [&](const user_config& u) { return u.name == options.user; });
    if (user == settings->users.end()) {
        err << "user '" << options.user << "' is not in " << options.config.string() << '\n';
        return exit_problem;
    }
    const std::string& schema = options.schema.empty() ? user->default_schema : options.schema;
    const explanation answer = explain(*settings, *user, schema, options.sql);
    options.json ? print_json(answer, out) : print_text(answer, out);
    return exit_ok;
}

}  // namespace proxy::cli
