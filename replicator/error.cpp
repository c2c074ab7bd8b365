#include "replicator/error.hpp"

namespace replicator {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "replicator"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::stop_requested:
                return "the replicator was told to stop";
            case errc::source_lost:
                return "the source cannot be reached";
            case errc::edge_lost:
                return "the edge cannot be reached";
            case errc::edge_busy:
                return "locks of others are in the way at the edge";
            case errc::superseded:
                return "another process writes this edge";
            case errc::stream_broken:
                return "the source's binlog stream is damaged";
            case errc::table_changed:
                return "a table that the edge holds was changed by DDL";
            case errc::history_differs:
                return "the edge's copy was made by other rules";
            case errc::source_unfit:
                return "the source cannot be followed as it is configured";
            case errc::edge_unfit:
                return "the edge cannot hold the copy as it is configured";
            case errc::history_purged:
                return "the source has purged binlogs the edge needs";
            case errc::source_behind:
                return "the source lacks transactions that the edge has";
            case errc::unsupported_event:
                return "the stream holds what cannot be applied exactly";
            case errc::edge_differs:
                return "the edge's rows differ from the source's";
            case errc::edge_refused:
                return "the edge refuses a statement";
        }
        return "unknown replicator error";
    }
};

}  // namespace

const boost::system::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

remedy remedy_of(errc code) noexcept {
    switch (code) {
        case errc::stop_requested:
            return remedy::end;
        case errc::source_lost:
        case errc::edge_lost:
        case errc::edge_busy:
        case errc::superseded:
        case errc::stream_broken:
            return remedy::retry;
        case errc::table_changed:
        case errc::history_differs:
            return remedy::recopy;
        case errc::source_unfit:
        case errc::edge_unfit:
            return remedy::recheck;
        case errc::history_purged:
        case errc::source_behind:
        case errc::unsupported_event:
        case errc::edge_differs:
        case errc::edge_refused:
            return remedy::stop;
    }
    return remedy::stop;
}

}  // namespace replicator
