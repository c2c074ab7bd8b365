#include "proxy/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <ostream>

#include "proxy/cli/commands.hpp"
#include "proxy/config_file.hpp"
#include "proxy/version.hpp"

namespace proxy::cli {
namespace {

void add_config(CLI::App& command, std::filesystem::path& config) {
    command.add_option("-c,--config", config, "The configuration file")->capture_default_str();
}

}  // namespace

int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
    CLI::App app("A MySQL proxy with replication built in.", "tidegate");
    app.set_version_flag("--version", "tidegate " + std::string(version));
    app.require_subcommand(1);
    app.footer("Exit status: 0 all is well, 1 a problem was found, 2 wrong usage.");

    serve_options serving;
    CLI::App* serve_command = app.add_subcommand("serve", "Run the proxy until SIGTERM");
    add_config(*serve_command, serving.config);

    check_options checking;
    CLI::App* check_command =
        app.add_subcommand("check", "Check the configuration and the servers it names");
    add_config(*check_command, checking.config);
    check_command->add_flag("--offline", checking.offline, "Check the file only, ask no server");

    explain_options explaining;
    CLI::App* explain_command =
        app.add_subcommand("explain", "Say where a statement would run, and why");
    add_config(*explain_command, explaining.config);
    explain_command->add_option("--sql", explaining.sql, "The statement")->required();
    explain_command->add_option("--user", explaining.user, "Whose session; else the first user");
    explain_command->add_option("--schema", explaining.schema,
                                "Default schema; else the user's own");
    explain_command->add_flag("--json", explaining.json, "Answer as JSON");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& stop) {  // also what --help and --version end with
        return app.exit(stop, out, err) == 0 ? exit_ok : exit_usage;
    }
    if (serve_command->parsed()) return serve(serving, err);
    if (check_command->parsed()) return check(checking, out);
    return explain(explaining, out, err);
}

std::optional<config> load_or_complain(const std::filesystem::path& file, std::ostream& err) {
    auto loaded = load_config(file);
    if (auto* settings = std::get_if<config>(&loaded)) return std::move(*settings);
    for (const auto& problem : std::get<std::vector<config_problem>>(loaded))
        err << problem.to_string() << '\n';
    return std::nullopt;
}

}  // namespace proxy::cli
