#pragma once

#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <vector>

#include "pool/net_stream.hpp"
#include "tests/pool/pool_fixture.hpp"

namespace pool_test {

/// All of `sent` as it arrives at the other end, the sender writing meanwhile.
inline std::vector<std::uint8_t> carried(boost::asio::io_context& context, pool::block_pool& blocks,
                                         const pool::net_stream::buffers& sent,
                                         pool::net_stream& from, pool::net_stream& to) {
    const auto writing = start(context, from.write(sent));
    pool::receive_buffer input(blocks);
    std::vector<std::uint8_t> got;
    while (got.size() < boost::asio::buffer_size(sent)) {
        REQUIRE_FALSE(run(context, to.read(input)));
        REQUIRE_FALSE(input.empty());
        const auto piece = input.readable();
        got.insert(got.end(), piece.begin(), piece.end());
        input.consume(piece.size());
    }
    REQUIRE(run_until(context, [&] { return writing->has_value(); }));
    CHECK_FALSE(**writing);
    return got;
}

}  // namespace pool_test
