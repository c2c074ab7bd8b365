#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>
#include "pool/task.hpp"

#include "pool/backend_connection.hpp"
#include "rules/stored_code.hpp"

namespace proxy {

/// The code that a server stores, as an account sees it.
struct stored_code_report {
    std::shared_ptr<const rules::stored_code> code = std::make_shared<const rules::stored_code>();
    std::size_t objects = 0;  // routines, triggers and views
    std::size_t hidden = 0;   // of those, but for the system's: the account may not see the body
    std::size_t unread = 0;   // likewise: too long, or too many
    /// The account may write to tables whose triggers it may not see.
    bool triggers_hidden = false;
    std::string refusal{};  // why nothing could be read; empty if it could
};

/// Reads routines, triggers and views from a server's information_schema.
///
/// Bodies are fetched when they have changed, and what they do is kept, not they.
class stored_code_reader {
public:
    static constexpr std::size_t objects_max = 20'000;                     // of a type
    static constexpr std::size_t bodies_max = 10'000;                      // likewise
    static constexpr std::size_t body_bytes_max = std::size_t{256} << 10;  // of one
    static constexpr std::size_t bytes_max = std::size_t{16} << 20;        // of a type

    /// Reads what has changed.  Nothing in the pointer if nothing has.  Errors as ask().
    pool::task<pool::result<std::shared_ptr<const stored_code_report>>> read(
        pool::backend_connection& connection);
    /// The next connection is to another server, or may be.
    void forget();

private:
    using key = std::tuple<std::string, std::string, std::string>;  // type, schema, name
    struct object {
        std::string table;    // of a trigger
        std::string version;  // another one if the object may be another one
        rules::lex_options lexing{};
        std::size_t bytes = 0;
        bool hidden = false;
        bool wanted = false;  // its body
        bool unread = false;  // is too long, or there are too many
        std::shared_ptr<const rules::stored_summary> summary{};
    };
    using inventory = std::map<key, object>;
    using answer = pool::result<pool::small_answer>;

    pool::task<answer> ask(pool::backend_connection& connection, std::string_view query);
    pool::task<pool::result<void>> list(pool::backend_connection& connection, std::string_view what,
                                        inventory& found);
    pool::task<pool::result<void>> fetch_bodies(pool::backend_connection& connection,
                                                std::string_view type, inventory& found);
    pool::task<pool::result<void>> learn_grants(pool::backend_connection& connection);
    void note(const std::vector<std::optional<std::string>>& row, inventory& found,
              const pool::backend_connection& connection) const;
    void replace(const std::string& type, inventory found);
    static void choose_bodies(inventory& found);
    std::shared_ptr<const stored_code_report> report(const inventory& found) const;
    static std::shared_ptr<const rules::stored_summary> summarize(const key& which,
                                                                  const object& what,
                                                                  std::string body, bool hidden);

    std::map<std::string, std::pair<std::optional<std::string>, std::optional<std::string>>>
        fingerprints_;  // by type, of what is known
    inventory known_;
    bool triggers_hidden_ = false;
    bool grants_known_ = false;
    std::string refusal_;
};

/// Whether one who has been granted this, by SHOW GRANTS, may write to tables whose triggers he may
/// not see.  What roles grant is not known.
bool hides_triggers(const std::vector<std::string>& grants);

}  // namespace proxy
