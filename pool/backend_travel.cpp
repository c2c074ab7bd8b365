// A connection's way from one thread to another.

#include <unistd.h>

#include <utility>

#include "pool/backend_connection.hpp"
#include "pool/travelling_connection.hpp"

namespace pool {

travelling_connection::~travelling_connection() {
    if (socket >= 0) ::close(socket);
}

std::unique_ptr<travelling_connection> backend_connection::depart() {
    // What TLS and compression have in memory is bound to this thread.
    if (!stream_.is_plain() || !logged_in_ || aborted_ || retired || is_dead()) return nullptr;
    auto leaving = std::make_unique<travelling_connection>();
    boost::system::error_code failed;
    leaving->protocol = socket().local_endpoint(failed).protocol();
    if (failed) return nullptr;
    leaving->socket = socket().release(failed);
    if (failed) return nullptr;
    logged_in_ = false;  // nobody says goodbye
    queue_close_statements(prepared.give_up_all());
    leaving->user = account_->user;
    leaving->account_capabilities = account_->capabilities;
    leaving->capabilities = capabilities_;
    leaving->connection_id = connection_id_;
    leaving->server_version = std::move(server_version_);
    leaving->own_defaults = own_defaults_;
    leaving->is_copy = is_copy_;
    leaving->state = *state_;
    leaving->queued = std::move(queued_);
    leaving->retire_at = retire_at;
    return leaving;
}

std::unique_ptr<backend_connection> backend_connection::arrive(
    boost::asio::any_io_executor executor, const backend_account& account, block_pool& blocks,
    shared_vector blank, std::size_t prepared_max, vector_interner& vectors,
    travelling_connection& from) {
    auto here = std::make_unique<backend_connection>(std::move(executor), account, blocks,
                                                     std::move(blank), prepared_max);
    boost::system::error_code failed;
    here->socket().assign(from.protocol, from.socket, failed);
    if (failed) return nullptr;
    from.socket = -1;
    here->capabilities_ = from.capabilities;
    here->connection_id_ = from.connection_id;
    here->server_version_ = std::move(from.server_version);
    here->is_copy_ = from.is_copy;
    here->own_defaults_ = vectors.intern_defaults(std::move(from.own_defaults));
    from.state.use_defaults(vectors.intern_defaults(from.state.defaults()));
    here->state_ = vectors.intern(std::move(from.state));
    here->queued_ = std::move(from.queued);
    here->retire_at = from.retire_at;
    here->logged_in_ = true;
    return here;
}

}  // namespace pool
