#include "proxy/stored_code_reader.hpp"

#include <catch2/catch.hpp>

TEST_CASE("Who may write to tables may not see their triggers without TRIGGER", "[proxy]") {
    using proxy::hides_triggers;
    CHECK(hides_triggers(
        {"GRANT USAGE ON *.* TO `a`@`%`", "GRANT SELECT, INSERT, UPDATE ON `shop`.* TO `a`@`%`"}));
    CHECK(hides_triggers({"GRANT SELECT, DELETE ON *.* TO `a`@`%`"}));
    CHECK(hides_triggers(
        {"GRANT ALL PRIVILEGES ON `one`.* TO `a`@`%`", "GRANT INSERT ON `two`.`t` TO `a`@`%`"}));
    CHECK_FALSE(hides_triggers(
        {"GRANT USAGE ON *.* TO `a`@`%`", "GRANT ALL PRIVILEGES ON `shop`.* TO `a`@`%`"}));
    CHECK_FALSE(
        hides_triggers({"GRANT INSERT ON `shop`.* TO `a`@`%`", "GRANT TRIGGER ON *.* TO `a`@`%`"}));
    CHECK_FALSE(hides_triggers({"GRANT SELECT ON *.* TO `a`@`%`"}));
    CHECK_FALSE(hides_triggers({}));
    // What a role grants is not told.
    CHECK_FALSE(
        hides_triggers({"GRANT INSERT ON `shop`.* TO `a`@`%`", "GRANT `writers`@`%` TO `a`@`%`"}));
}
