// A table_map event:
//
//     u48 table id, u16 flags, u8 size, schema, NUL, u8 size, table, NUL,
//     lenenc number of columns, a type byte for each, lenenc size of the types' metadata, metadata,
//     bitmap of the nullable columns, optional metadata: { u8 field, lenenc size, value }
//
// Bitmaps of the optional metadata begin with the highest bit; the one of nullable columns, like
// those of the rows events, with the lowest.

#include "protocol/binlog_table_map.hpp"

#include "protocol/decimal.hpp"
#include "protocol/row_temporal.hpp"

namespace protocol {
namespace {

constexpr std::uint8_t tiny_blob_type = 249;
constexpr std::uint8_t long_blob_type = 251;

bool bit_from_high(bytes_view bitmap, std::size_t index) {
    return (bitmap[index / 8] << (index % 8) & 0x80) != 0;
}

bool is_numeric(const table_column& column) {
    switch (column.type) {
        case column_type::tiny_int:
        case column_type::small_int:
        case column_type::medium_int:
        case column_type::int_:
        case column_type::big_int:
        case column_type::float_:
        case column_type::double_:
        case column_type::decimal:
        case column_type::year:
            return true;
        default:
            return false;
    }
}

/// The columns that the charset fields count: a vector's is `binary`.
bool is_character(const table_column& column) {
    return column.type == column_type::string || column.type == column_type::varchar ||
           column.type == column_type::blob || column.type == column_type::vector;
}

bool is_enumeration(const table_column& column) {
    return column.type == column_type::enumeration;
}
bool is_set(const table_column& column) {
    return column.type == column_type::set;
}
bool has_labels(const table_column& column) {
    return is_enumeration(column) || is_set(column);
}
bool is_geometry(const table_column& column) {
    return column.type == column_type::geometry;
}
bool is_vector(const table_column& column) {
    return column.type == column_type::vector;
}

/// CHAR, BINARY, ENUM and SET share a type byte; the metadata tells them apart.  Two bits of a
/// CHAR's size, which may be up to 1020 bytes, are hidden, inverted, in its real type.
result<void> read_string_type(cursor& metadata, table_column& column) {
    const std::uint8_t first = metadata.u8();
    const std::uint8_t second = metadata.u8();
    const auto real = static_cast<column_type>(first);
    if (real == column_type::enumeration || real == column_type::set) {
        column.type = real;
        column.size = second;
        const unsigned size_max = real == column_type::set ? 8 : 2;
        if (column.size == 0 || column.size > size_max) return errc::malformed;
        return {};
    }
    if ((first | 0x30) != static_cast<std::uint8_t>(column_type::string)) return errc::unsupported;
    column.size = static_cast<std::uint16_t>(second | ((first & 0x30) ^ 0x30) << 4);
    return {};
}

result<void> read_sized(cursor& metadata, table_column& column, unsigned least, unsigned most) {
    column.size = metadata.u8();
    if (column.size < least || column.size > most) return errc::malformed;
    return {};
}

/// Reads what the metadata says about a column of the given type byte.
result<void> read_type(std::uint8_t type, cursor& metadata, table_column& column) {
    if (type >= tiny_blob_type && type <= long_blob_type)
        type = static_cast<std::uint8_t>(column_type::blob);
    column.type = static_cast<column_type>(type);
    switch (column.type) {
        case column_type::tiny_int:
        case column_type::small_int:
        case column_type::medium_int:
        case column_type::int_:
        case column_type::big_int:
        case column_type::date:
        case column_type::year:
            return {};
        case column_type::float_:
            return read_sized(metadata, column, sizeof(float), sizeof(float));
        case column_type::double_:
            return read_sized(metadata, column, sizeof(double), sizeof(double));
        case column_type::timestamp:
        case column_type::datetime:
        case column_type::time:
            return read_sized(metadata, column, 0, fraction_digits_max);
        case column_type::blob:
        case column_type::json:
        case column_type::geometry:
        case column_type::vector:
            return read_sized(metadata, column, 1, 4);
        case column_type::varchar:
            column.size = metadata.u16();
            return {};
        case column_type::string:
            return read_string_type(metadata, column);
        case column_type::bit: {
            const std::uint8_t rest = metadata.u8();
            column.size = static_cast<std::uint16_t>(metadata.u8() * 8 + rest);
            if (rest > 7 || column.size == 0 || column.size > 64) return errc::malformed;
            return {};
        }
        case column_type::decimal:
            column.size = metadata.u8();
            column.scale = metadata.u8();
            if (decimal_size(column.size, column.scale) == 0) return errc::malformed;
            return {};
        default:
            return errc::unsupported;
    }
}

/// Reads the optional metadata into the columns of a table_map.
class metadata_reader {
public:
    explicit metadata_reader(table_map& table) : columns_(table.columns), table_(table) {}

    result<void> read(std::uint8_t field, bytes_view value) {
        cursor in(value);
        const auto done = dispatch(field, in);
        if (!done) return done.error();
        if (in.failed()) return errc::truncated;
        return {};
    }

private:
    using predicate = bool (*)(const table_column&);

    enum field : std::uint8_t {
        signedness = 1,
        default_charset = 2,
        column_charset = 3,
        column_name = 4,
        set_labels = 5,
        enum_labels = 6,
        geometry_type = 7,
        simple_primary_key = 8,
        primary_key_with_prefix = 9,
        label_default_charset = 10,
        label_column_charset = 11,
        visibility = 12,
        vector_dimensions = 13,
    };

    result<void> dispatch(std::uint8_t field, cursor& in) {
        switch (field) {
            case field::signedness:
                read_bits(in, is_numeric, &table_column::is_unsigned);
                return {};
            case field::visibility:
                read_bits(in, [](const table_column&) { return true; }, &table_column::visible);
                return {};
            case field::default_charset:
                return read_default_charset(in, is_character);
            case field::column_charset:
                return read_charsets(in, is_character);
            case field::label_default_charset:
                return read_default_charset(in, has_labels);
            case field::label_column_charset:
                return read_charsets(in, has_labels);
            case field::column_name:
                for (table_column& column : columns_) column.name = in.lenenc_text();
                table_.has_names = true;
                return {};
            case field::set_labels:
                return read_labels(in, is_set);
            case field::enum_labels:
                return read_labels(in, is_enumeration);
            case field::simple_primary_key:
                return read_primary_key(in, false);
            case field::primary_key_with_prefix:
                return read_primary_key(in, true);
            case field::geometry_type:
                for_each(is_geometry, [&](table_column& column) {
                    column.geometry_type = static_cast<std::uint32_t>(in.lenenc());
                });
                return {};
            case field::vector_dimensions:
                for_each(is_vector, [&](table_column& column) {
                    column.vector_dimensions = static_cast<std::uint32_t>(in.lenenc());
                });
                return {};
            default:
                return {};  // of a newer server
        }
    }

    template <class Use>
    void for_each(predicate applies, Use use) {
        for (table_column& column : columns_)
            if (applies(column)) use(column);
    }

    void read_bits(cursor& in, predicate applies, bool table_column::* member) {
        const bytes_view bitmap = in.rest_bytes();
        std::size_t index = 0;
        for_each(applies, [&](table_column& column) {
            if (index / 8 >= bitmap.size()) return in.fail();
            column.*member = bit_from_high(bitmap, index++);
        });
    }

    /// One collation for all, and pairs (column, collation) of the others; columns are counted
    /// among those that the field applies to.
    result<void> read_default_charset(cursor& in, predicate applies) {
        const auto common = static_cast<std::uint16_t>(in.lenenc());
        std::vector<table_column*> counted;
        for_each(applies, [&](table_column& column) {
            column.collation = common;
            counted.push_back(&column);
        });
        while (!in.at_end()) {
            const std::uint64_t index = in.lenenc();
            const std::uint64_t collation = in.lenenc();
            if (in.failed()) break;
            if (index >= counted.size()) return errc::malformed;
            counted[index]->collation = static_cast<std::uint16_t>(collation);
        }
        return {};
    }

    result<void> read_charsets(cursor& in, predicate applies) {
        for_each(applies, [&](table_column& column) {
            column.collation = static_cast<std::uint16_t>(in.lenenc());
        });
        return {};
    }

    result<void> read_labels(cursor& in, predicate applies) {
        for (table_column& column : columns_) {
            if (!applies(column)) continue;
            const std::uint64_t count = in.lenenc();
            if (in.failed() || count > in.remaining()) return errc::truncated;
            column.labels.clear();
            for (std::uint64_t i = 0; i < count; ++i) column.labels.emplace_back(in.lenenc_text());
        }
        return {};
    }

    result<void> read_primary_key(cursor& in, bool with_prefixes) {
        table_.primary_key.clear();
        while (!in.at_end()) {
            const std::uint64_t column = in.lenenc();
            const std::uint64_t prefix = with_prefixes ? in.lenenc() : 0;
            if (in.failed()) break;
            if (column >= columns_.size()) return errc::malformed;
            table_.primary_key.push_back(
                {static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(prefix)});
        }
        return {};
    }

    std::vector<table_column>& columns_;
    table_map& table_;
};

table_map_head read_head(cursor& in) {
    table_map_head head;
    head.table_id = in.u48();
    head.flags = in.u16();
    head.schema = in.text(in.u8());
    in.skip(1);  // NUL
    head.table = in.text(in.u8());
    in.skip(1);  // NUL
    return head;
}

result<void> read_columns(cursor& in, std::vector<table_column>& columns) {
    const std::uint64_t count = in.lenenc();
    if (in.failed()) return errc::truncated;
    if (count > table_map::columns_max) return errc::limit_exceeded;
    const bytes_view types = in.bytes(count);
    cursor metadata(in.lenenc_bytes());
    const bytes_view nullable = in.bytes((count + 7) / 8);
    if (in.failed()) return errc::truncated;

    columns.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        columns[i].nullable = (nullable[i / 8] >> (i % 8) & 1) != 0;
        const auto read = read_type(types[i], metadata, columns[i]);
        if (metadata.failed()) return errc::truncated;
        if (!read) return read.error();
    }
    return {};
}

}  // namespace

result<table_map_head> decode_table_map_head(const binlog_event_view& event) {
    cursor in(event.body);
    const table_map_head head = read_head(in);
    if (in.failed()) return errc::truncated;
    return head;
}

result<table_map> decode_table_map(const binlog_event_view& event) {
    cursor in(event.body);
    const table_map_head head = read_head(in);
    if (in.failed()) return errc::truncated;
    table_map table;
    table.table_id = head.table_id;
    table.flags = head.flags;
    table.schema = head.schema;
    table.table = head.table;
    if (const auto read = read_columns(in, table.columns); !read) return read.error();

    metadata_reader metadata(table);
    while (!in.at_end()) {
        const std::uint8_t field = in.u8();
        const bytes_view value = in.lenenc_bytes();
        if (in.failed()) return errc::truncated;
        if (const auto read = metadata.read(field, value); !read) return read.error();
    }
    return table;
}

}  // namespace protocol
