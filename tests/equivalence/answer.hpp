#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/err_packet.hpp"
#include "protocol/ok_packet.hpp"
#include "protocol/response_reader.hpp"

/// What packets mean to a client, as text, so that two answers can be compared and shown.
///
/// Everything is written down but what differs by nature from server to server:
///
///   statement ids        a server counts them for each connection, Tidegate for each session
///   GTIDs                every server commits transactions of its own
///   transaction state    9.7 tells some of it although session_track_transaction_info is OFF
///   session_state_changed  is set where there are news
///   metadata_changed     only who had prepared the statement before the change is told
///   query_was_slow       depends on the time that it took
///   COM_STATISTICS       tells of all that the server has done

namespace equivalence {

/// One answer: a line for each packet, in order.
using answer = std::vector<std::string>;

/// What a line says when the peer has ended the connection, or keeps silent for too long.
inline constexpr const char* closed = "the connection is closed";
inline constexpr const char* silent = "no answer";

std::string describe_news(protocol::bytes_view session_state);
std::string describe(const protocol::err_packet& err);

/// The line for a packet that `reader` has just been given, in the answer to `sent`.
std::string describe(protocol::command sent, protocol::packet_role role,
                     const protocol::response_reader& reader, protocol::bytes_view payload);

}  // namespace equivalence
