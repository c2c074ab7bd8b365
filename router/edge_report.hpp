#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "protocol/gtid_set.hpp"
#include "router/coverage.hpp"

namespace router {

/// The life of an edge, as its replicator sees it.
enum class edge_state {
    connecting,  // no stream: at start, or after the source or the edge was lost
    copying,     // initial copy; nothing may be read
    streaming,   // follows the source
    stopped      // needs a person; edge_report::message says why
};

std::string_view to_string(edge_state state) noexcept;

/// What a replicator tells about its edge.  A value: it crosses threads by copy.
struct edge_report {
    std::string edge;  // its name in the configuration
    edge_state state = edge_state::connecting;
    std::shared_ptr<const coverage> holds{};              // null: nothing may be read there
    std::shared_ptr<const protocol::gtid_set> applied{};  // null: unknown
    std::chrono::microseconds lag{};  // source commit to edge commit, of the newest transaction
    std::string message{};            // for a person; empty while all is well
};

/// Is told about every change of an edge.  Called on the replicator's thread; must return at once.
class edge_observer {
public:
    virtual ~edge_observer() = default;
    virtual void edge_changed(const edge_report& report) = 0;
};

}  // namespace router
