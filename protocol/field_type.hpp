#pragma once

#include <cstdint>

namespace protocol {

/// MYSQL_TYPE_* as they stand in result columns and statement parameters.  The binlog has its own.
enum class field_type : std::uint8_t {
    decimal = 0,
    tiny = 1,
    short_ = 2,
    long_ = 3,
    float_ = 4,
    double_ = 5,
    null = 6,
    timestamp = 7,
    longlong = 8,
    int24 = 9,
    date = 10,
    time = 11,
    datetime = 12,
    year = 13,
    varchar = 15,
    bit = 16,
    vector = 242,
    bool_ = 244,
    json = 245,
    newdecimal = 246,
    enum_ = 247,
    set = 248,
    tiny_blob = 249,
    medium_blob = 250,
    long_blob = 251,
    blob = 252,
    var_string = 253,
    string = 254,
    geometry = 255,
};

}  // namespace protocol
