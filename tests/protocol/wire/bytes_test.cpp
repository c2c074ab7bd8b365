#include "protocol/bytes.hpp"

#include <catch2/catch.hpp>

#include "wire_bytes.hpp"

using namespace protocol;
using wire_bytes::bytes;
using wire_bytes::hex;

TEST_CASE("A length-encoded integer reads back as written at every change of its width") {
    const std::uint64_t value = GENERATE(0u, 1u, 0xfau, 0xfbu, 0xfcu, 0xffu, 0xffffu, 0x10000u,
                                         0xffffffu, 0x1000000u, ~std::uint64_t{0});
    CAPTURE(value);
    writer out;
    out.lenenc(value);
    CHECK(out.size() == lenenc_size(value));
    cursor in(out.view());
    CHECK(in.lenenc() == value);
    CHECK(in.at_end());
    CHECK_FALSE(in.failed());
}

TEST_CASE("Fixed integers are little-endian") {
    writer out;
    out.u16(0x0201);
    out.u24(0x050403);
    out.u32(0x09080706);
    out.u48(0x0f0e0d0c0b0a);
    CHECK(as_text(out.view()) == "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f");
    cursor in(out.view());
    CHECK(in.u16() == 0x0201);
    CHECK(in.u24() == 0x050403);
    CHECK(in.u32() == 0x09080706);
    CHECK(in.u48() == 0x0f0e0d0c0b0a);
}

TEST_CASE("A cursor that has failed stays failed and gives nothing more") {
    const bytes three = hex("010203");
    cursor in(three);
    CHECK(in.u32() == 0);
    CHECK(in.failed());
    CHECK(in.u8() == 0);
    CHECK(in.rest().empty());
    CHECK(in.lenenc_text().empty());
    CHECK(in.null_terminated().empty());
}

TEST_CASE("NULL and 0xff are no length-encoded integers") {
    for (const char* first : {"fb", "ff"}) {
        const bytes payload = hex(first);
        cursor in(payload);
        in.lenenc();
        CHECK(in.failed());
    }
}

TEST_CASE("A length that goes beyond the payload is a failure, however large it is") {
    for (const char* payload : {"05 61626364", "fe ffffffffffffffff 61", "fd ffffff 61"}) {
        CAPTURE(payload);
        const bytes block = hex(payload);
        cursor in(block);
        CHECK(in.lenenc_text().empty());
        CHECK(in.failed());
    }
}

TEST_CASE("A nullable text tells NULL from empty") {
    const bytes payload = hex("fb 00 02 6869");
    cursor in(payload);
    CHECK(in.nullable_text() == std::nullopt);
    CHECK(in.nullable_text() == "");
    CHECK(in.nullable_text() == "hi");
    CHECK_FALSE(in.failed());
}

TEST_CASE("A NUL-terminated text needs its NUL unless the end may stand for it") {
    const bytes payload = wire_bytes::of("abc");
    cursor strict(payload);
    CHECK(strict.null_terminated().empty());
    CHECK(strict.failed());
    cursor lenient(payload);
    CHECK(lenient.null_terminated_or_rest() == "abc");
    CHECK_FALSE(lenient.failed());
}
