#include "pool/convoy.hpp"

#include <utility>

#include "protocol/packet.hpp"
#include "protocol/response_reader.hpp"

namespace pool {
namespace asio = boost::asio;

struct convoy::riders {
    struct seat {
        waiter* who;  // null: got off
        protocol::command command;
    };

    std::vector<seat> seats{};
    std::size_t front = 0;  // whose answer is awaited

    void get_off(std::size_t i, ride_end how) {
        if (seats[i].who == nullptr) return;
        std::exchange(seats[i].who, nullptr)->get_off(how);
    }
    /// All behind the one whose answer is awaited.
    void rest_gets_off(ride_end how) {
        for (std::size_t i = front + 1; i < seats.size(); ++i) get_off(i, how);
    }
    void time_is_up() {
        if (front >= seats.size()) return;
        if (seats[front].who != nullptr) seats[front].who->rider->was_slow();
        rest_gets_off(ride_end::overdue);
    }
};

convoy::convoy(std::vector<waiter*> aboard) : riders_(std::make_shared<riders>()) {
    riders_->seats.reserve(aboard.size());
    for (waiter* who : aboard) riders_->seats.push_back({who, who->rider->command()});
}

convoy::~convoy() {
    for (std::size_t i = 0; i < riders_->seats.size(); ++i) riders_->get_off(i, ride_end::lost);
}

task<convoy::outcome> convoy::run(std::unique_ptr<backend_connection>& connection,
                                  protocol::bytes_view frames, std::chrono::milliseconds wait_max) {
    asio::steady_timer bound(connection->socket().get_executor(), wait_max);
    bound.async_wait([aboard = riders_](boost::system::error_code stopped) {
        if (!stopped) aboard->time_is_up();
    });
    const auto sent = co_await connection->send(frames);
    if (!sent) co_return outcome::broken;
    now_ = then_ = backend_connection::clock::now();

    riders& aboard = *riders_;
    for (; aboard.front < aboard.seats.size(); ++aboard.front) {
        const riders::seat& seat = aboard.seats[aboard.front];
        if (seat.who == nullptr) {
            const bool skipped = co_await skip_answer(*connection, seat.command);
            if (!skipped) co_return outcome::broken;
            continue;
        }
        passenger& rider = *seat.who->rider;
        const bool taken = co_await take_answer(*connection, rider);
        if (!taken) co_return outcome::broken;
        if (rider.changed_state()) connection->retired = true;
        if (!rider.done()) {
            const bool others = aboard.front + 1 < aboard.seats.size();
            aboard.rest_gets_off(ride_end::overdue);
            connection->retired = connection->retired || others;  // their answers are to come
            seat.who->given = std::move(connection);
            aboard.get_off(aboard.front, ride_end::alone);
            co_return outcome::given_away;
        }
        note_answer(rider);
        aboard.get_off(aboard.front, ride_end::arrived);
    }
    co_return outcome::clean;
}

/// Until the rider has its answer, or as much of it as it may keep.  False if the connection is
/// lost.
task<bool> convoy::take_answer(backend_connection& connection, passenger& rider) {
    receive_buffer& input = connection.input();
    for (;;) {
        if (!input.empty()) {
            const auto taken = rider.take(input.readable());
            if (!taken) co_return false;
            input.consume(*taken);
            if (rider.done() || rider.overflows()) co_return true;
            if (*taken > 0) continue;
        }
        if (rider.needed() > input.size()) input.reserve(rider.needed());
        const auto read = co_await connection.receive();
        if (!read) co_return false;
        now_ = backend_connection::clock::now();
    }
}

void convoy::note_answer(passenger& rider) {
    rider.answered(std::chrono::duration_cast<std::chrono::microseconds>(now_ - then_));
    then_ = now_;
}

task<bool> convoy::skip_answer(backend_connection& connection, protocol::command command) {
    protocol::response_reader reader(command, connection.capabilities());
    receive_buffer& input = connection.input();
    while (!reader.done()) {
        std::size_t needed = protocol::header_size;
        const std::span<std::uint8_t> bytes = input.readable();
        if (bytes.size() >= needed)
            needed += protocol::decode_header(bytes.first<protocol::header_size>()).payload_size;
        if (bytes.size() < needed) {
            input.reserve(needed);
            const auto read = co_await connection.receive();
            if (!read) co_return false;
            continue;
        }
        const protocol::bytes_view payload =
            bytes.subspan(protocol::header_size, needed - protocol::header_size);
        const auto size = static_cast<std::uint32_t>(payload.size());
        const auto role = reader.classify(size, payload.empty() ? std::uint8_t{0} : payload[0]);
        if (!reader.advance(role, size, payload)) co_return false;
        if (role == protocol::packet_role::local_infile) co_return false;
        input.consume(needed);
    }
    co_return true;
}

}  // namespace pool
