#include "proxy/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <iterator>

#include "proxy/metric_families.hpp"

namespace proxy {

std::string scrape(const metric_sources& sources) {
    auto families = worker_families(sources.workers());
    for (auto more : {edge_families(sources.edges()), process_families(sources.memory_bytes_max)})
        families.insert(families.end(), std::make_move_iterator(more.begin()),
                        std::make_move_iterator(more.end()));
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace proxy
