#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/equivalence/comparison.hpp"
#include "tests/equivalence/script.hpp"
#include "tests/support/mysql_server.hpp"
#include "tests/support/tidegate_process.hpp"

namespace equivalence {

/// Two equal servers, and a Tidegate with three connections before one of them.
class world {
public:
    static constexpr int backend_connections = 3;

    world();

    /// Runs the script from the same beginning each time: fresh tables, and a Tidegate that has no
    /// connections yet.
    std::optional<difference> run(const script& whole);

    std::string log() const { return tidegate_->log(); }

private:
    void begin_anew();

    support::mysql_server direct_;
    support::mysql_server proxied_;
    std::unique_ptr<support::tidegate_process> tidegate_;
};

}  // namespace equivalence
