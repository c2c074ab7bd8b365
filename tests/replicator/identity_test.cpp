#include "replicator/identity.hpp"

#include <catch2/catch.hpp>

#include "protocol/gtid.hpp"

TEST_CASE("An edge is known by the same identity in every process", "[identity]") {
    const auto first = replicator::derive_identity("near", "3e11fa47-71ca-11e1-9e33-c80aa9429562");
    const auto again = replicator::derive_identity("near", "3e11fa47-71ca-11e1-9e33-c80aa9429562");
    CHECK(first.uuid == again.uuid);
    CHECK(first.server_id == again.server_id);
    CHECK(first.lock_name == again.lock_name);
    CHECK(protocol::uuid::parse(first.uuid).has_value());
    CHECK(first.server_id >= 0x8000'0000U);
    CHECK(first.lock_name.size() <= 64);
}

TEST_CASE("Edges of one name on two servers are not taken for each other", "[identity]") {
    const auto here = replicator::derive_identity("near", "3e11fa47-71ca-11e1-9e33-c80aa9429562");
    const auto there = replicator::derive_identity("near", "3e11fa47-71ca-11e1-9e33-c80aa9429563");
    CHECK(here.uuid != there.uuid);
    CHECK(here.server_id != there.server_id);
}
