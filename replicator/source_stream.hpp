#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "protocol/gtid_set.hpp"
#include "replicator/edge_spec.hpp"
#include "replicator/edge_table.hpp"
#include "replicator/error.hpp"
#include "replicator/identity.hpp"
#include "replicator/stop_signal.hpp"
#include "replicator/transaction_queue.hpp"

namespace replicator {

/// Where a stream begins and what it must bring.
struct stream_options {
    server_address source{};
    replica_identity identity{};
    protocol::gtid_set executed{};  // what the edge has
    std::chrono::milliseconds heartbeat{1000};
    std::size_t transaction_bytes_max = std::size_t{1} << 30;
};

/// Reads a source's binlog, by GTID, on a thread of its own, and puts whole transactions into a
/// queue until something ends it; then it closes the queue with the reason.
///
/// A source that is silent for more than three heartbeats counts as lost.  Reading stops while the
/// queue is full.
class source_stream {
public:
    /// `queue` and `stop` must outlive the stream.  Once the source has begun to send, an entry of
    /// no transactions (count 0) tells the consumer.
    source_stream(stream_options options, std::shared_ptr<const edge_tables> kept,
                  transaction_queue& queue, stop_signal& stop);
    ~source_stream();  // abandons the queue and joins the thread
    source_stream(const source_stream&) = delete;
    source_stream& operator=(const source_stream&) = delete;

private:
    class reader;
    std::unique_ptr<reader> reader_;
};

/// What an ERR packet in answer to a dump command means.
failure dump_failure(unsigned number, std::string_view message);

}  // namespace replicator
