#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The words that generated statements are made of.

namespace equivalence {

/// A session variable that is carried from connection to connection, and values to give it: good
/// ones, expressions, and some that the server refuses.
struct variable_pool {
    std::string_view name;
    std::vector<std::string_view> values;
};

const std::vector<variable_pool>& carried_variables();

/// Expressions without tables whose value depends on nothing but the session's state.
const std::vector<std::string_view>& expressions();

/// Statements that fail, whatever the session's state.
const std::vector<std::string_view>& failing_statements();

/// Statements that leave a warning or a note, or would if the session's state let them.
const std::vector<std::string_view>& warning_statements();

/// Statements that tell what the last ones left behind.
const std::vector<std::string_view>& questions_about_warnings();

const std::vector<std::string_view>& character_set_statements();

/// Statements about the session alone, few, so that one session asks what another has asked in the
/// same state: the answers to them are learned and told again.
const std::vector<std::string_view>& statements_about_session();

/// Statements that choose what news the OK packets carry.
const std::vector<std::string_view>& tracking_statements();

}  // namespace equivalence
