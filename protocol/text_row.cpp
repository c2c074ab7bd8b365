#include "protocol/text_row.hpp"

namespace protocol {

void encode_text_value(const text_value& value, writer& out) {
    if (value)
        out.lenenc_text(*value);
    else
        out.u8(0xfb);
}

void encode_text_row(std::span<const text_value> row, writer& out) {
    for (const text_value& value : row) encode_text_value(value, out);
}

}  // namespace protocol
