#include "protocol/response_reader.hpp"

#include "protocol/capabilities.hpp"
#include "protocol/server_status.hpp"
#include "protocol/text_row.hpp"

namespace protocol {
namespace {

constexpr std::uint8_t local_infile_header = 0xfb;

bool has_no_response(command sent) noexcept {
    return sent == command::quit || sent == command::stmt_close ||
           sent == command::stmt_send_long_data;
}

}  // namespace

const char* to_string(packet_role role) noexcept {
    switch (role) {
        case packet_role::ok:
            return "ok";
        case packet_role::err:
            return "err";
        case packet_role::local_infile:
            return "local_infile";
        case packet_role::column_count:
            return "column_count";
        case packet_role::column_definition:
            return "column_definition";
        case packet_role::eof_after_columns:
            return "eof_after_columns";
        case packet_role::row:
            return "row";
        case packet_role::row_continuation:
            return "row_continuation";
        case packet_role::result_end:
            return "result_end";
        case packet_role::prepare_ok:
            return "prepare_ok";
        case packet_role::parameter_definition:
            return "parameter_definition";
        case packet_role::eof_after_parameters:
            return "eof_after_parameters";
        case packet_role::statistics_text:
            return "statistics_text";
        case packet_role::malformed:
            return "malformed";
        case packet_role::oversized:
            return "oversized";
    }
    return "unknown";
}

response_reader::response_reader(command sent, std::uint32_t capabilities) noexcept
    : command_(sent),
      deprecate_eof_(capability::has(capabilities, capability::deprecate_eof)),
      capabilities_(capabilities),
      state_(state::start) {
    if (has_no_response(sent)) state_ = state::done;
    if (sent == command::stmt_prepare) state_ = state::prepare_start;
    if (sent == command::field_list) state_ = state::field_list;
    if (sent == command::statistics) state_ = state::statistics;
    if (sent == command::stmt_fetch || sent == command::binlog_dump ||
        sent == command::binlog_dump_gtid)
        state_ = state::rows;
}

packet_role response_reader::classify(std::uint32_t payload_size,
                                      std::uint8_t first_byte) const noexcept {
    // First of all: the middle of a long payload may look like anything.
    if (continues_) return packet_role::row_continuation;
    if (payload_size == 0) return packet_role::malformed;
    const packet_role role = first_byte == err_packet::header && state_ != state::done
                                 ? packet_role::err
                                 : role_in_state(payload_size, first_byte);
    if (needs_payload(role) && payload_size > needed_payload_bytes_max)
        return packet_role::oversized;
    return role;
}

packet_role response_reader::role_in_state(std::uint32_t payload_size,
                                           std::uint8_t first_byte) const noexcept {
    const bool eof =
        first_byte == eof_packet::header && payload_size <= eof_packet::payload_size_limit;
    switch (state_) {
        case state::start:
        case state::after_local_infile:
            return role_at_start(first_byte);
        case state::columns:
        case state::prepared_columns:
            return packet_role::column_definition;
        case state::parameters:
            return packet_role::parameter_definition;
        case state::eof_after_columns:
        case state::eof_after_prepared_columns:
            return eof ? packet_role::eof_after_columns : packet_role::malformed;
        case state::eof_after_parameters:
            return eof ? packet_role::eof_after_parameters : packet_role::malformed;
        case state::rows:
            return is_result_end(payload_size, first_byte) ? packet_role::result_end
                                                           : packet_role::row;
        case state::field_list:
            return is_result_end(payload_size, first_byte) ? packet_role::result_end
                                                           : packet_role::column_definition;
        case state::prepare_start:
            return first_byte == 0 ? packet_role::prepare_ok : packet_role::malformed;
        case state::statistics:
            return packet_role::statistics_text;
        case state::done:
            break;
    }
    return packet_role::malformed;
}

packet_role response_reader::role_at_start(std::uint8_t first_byte) const noexcept {
    if (first_byte == ok_packet::plain_header) return packet_role::ok;
    // Commands such as COM_SET_OPTION and COM_DEBUG are answered by an EOF (or an OK that has its
    // header), and so is a statement whose cursor ends; a column count never begins with it.
    if (first_byte == ok_packet::result_end_header) return packet_role::result_end;
    const bool may_have_rows = command_ == command::query || command_ == command::stmt_execute ||
                               command_ == command::process_info;
    if (!may_have_rows || state_ == state::after_local_infile) return packet_role::malformed;
    if (first_byte == local_infile_header) return packet_role::local_infile;
    return packet_role::column_count;
}

bool response_reader::is_result_end(std::uint32_t payload_size,
                                    std::uint8_t first_byte) const noexcept {
    // A row whose first column has 16 MiB or more begins with 0xfe as well, but then its first
    // packet is a full one.  Any other first byte is a row's, and 0x00 is how binary rows begin.
    if (first_byte != eof_packet::header) return false;
    return deprecate_eof_ ? payload_size < payload_size_max
                          : payload_size <= eof_packet::payload_size_limit;
}

bool response_reader::needs_payload(packet_role role) noexcept {
    switch (role) {
        case packet_role::ok:
        case packet_role::err:
        case packet_role::column_count:
        case packet_role::eof_after_columns:
        case packet_role::result_end:
        case packet_role::prepare_ok:
        case packet_role::eof_after_parameters:
            return true;
        case packet_role::local_infile:
        case packet_role::column_definition:
        case packet_role::row:
        case packet_role::row_continuation:
        case packet_role::parameter_definition:
        case packet_role::statistics_text:
        case packet_role::malformed:
        case packet_role::oversized:
            return false;
    }
    return false;
}

result<void> response_reader::advance(packet_role role, std::uint32_t payload_size,
                                      bytes_view payload) {
    begun_ = true;
    ok_.reset();
    continues_ = payload_size == payload_size_max;
    switch (role) {
        case packet_role::row:
        case packet_role::row_continuation:
            return {};
        case packet_role::column_definition:
        case packet_role::parameter_definition:
            on_definition();
            return {};
        case packet_role::ok:
        case packet_role::result_end:
            return on_end(payload);
        case packet_role::err:
            return on_err(payload);
        case packet_role::column_count:
            return on_column_count(payload);
        case packet_role::eof_after_columns:
        case packet_role::eof_after_parameters:
            return on_inner_eof(payload);
        case packet_role::prepare_ok:
            return on_prepare_ok(payload);
        case packet_role::local_infile:
            state_ = state::after_local_infile;
            return {};
        case packet_role::statistics_text:
            end_response();
            return {};
        case packet_role::oversized:
            return errc::limit_exceeded;
        case packet_role::malformed:
            break;
    }
    return errc::malformed;
}

result<void> response_reader::on_column_count(bytes_view payload) {
    cursor in(payload);
    const std::uint64_t count = in.lenenc();
    bool definitions = true;
    if (capability::has(capabilities_, capability::optional_resultset_metadata))
        definitions = in.u8() != 0;
    if (in.failed()) return errc::truncated;
    if (!in.at_end()) return errc::trailing_bytes;
    if (count == 0 || count > columns_max) return errc::limit_exceeded;
    columns_ = static_cast<std::uint32_t>(count);
    definitions_left_ = definitions ? columns_ : 0;
    state_ = state::columns;
    if (!definitions) state_ = deprecate_eof_ ? state::rows : state::eof_after_columns;
    return {};
}

void response_reader::on_definition() noexcept {
    if (state_ == state::field_list) return;  // as many as come
    if (--definitions_left_ > 0) return;
    if (state_ == state::columns)
        state_ = deprecate_eof_ ? state::rows : state::eof_after_columns;
    else if (state_ == state::parameters && !deprecate_eof_)
        state_ = state::eof_after_parameters;
    else if (state_ == state::parameters)
        begin_prepared_columns();
    else if (deprecate_eof_)
        end_response();
    else
        state_ = state::eof_after_prepared_columns;
}

result<void> response_reader::on_inner_eof(bytes_view payload) {
    const auto eof = decode_eof(payload);
    if (!eof) return eof.error();
    status_ = eof->status;
    warnings_ = eof->warnings;
    if (state_ == state::eof_after_parameters)
        begin_prepared_columns();
    else if (state_ == state::eof_after_prepared_columns)
        end_response();
    else if ((status_ & server_status::cursor_exists) != 0)
        end_result();  // the rows stay in the cursor, for COM_STMT_FETCH
    else
        state_ = state::rows;
    return {};
}

result<void> response_reader::on_prepare_ok(bytes_view payload) {
    const auto ok = decode_prepare_ok(payload, capabilities_);
    if (!ok) return ok.error();
    prepared_ = *ok;
    warnings_ = ok->warnings;
    columns_ = ok->columns;
    if (ok->parameters == 0 || (!ok->metadata_follows && deprecate_eof_)) {
        begin_prepared_columns();
    } else {
        definitions_left_ = ok->metadata_follows ? ok->parameters : 0;
        state_ = ok->metadata_follows ? state::parameters : state::eof_after_parameters;
    }
    return {};
}

void response_reader::begin_prepared_columns() noexcept {
    const bool definitions = prepared_->metadata_follows;
    if (columns_ == 0 || (!definitions && deprecate_eof_)) return end_response();
    definitions_left_ = definitions ? columns_ : 0;
    state_ = definitions ? state::prepared_columns : state::eof_after_prepared_columns;
}

result<void> response_reader::on_end(bytes_view payload) {
    // Some commands are answered by an EOF whatever was negotiated; an OK is never that short.
    const bool is_eof = !payload.empty() && payload[0] == eof_packet::header &&
                        (!deprecate_eof_ || payload.size() == eof_packet::payload_size);
    if (is_eof) {
        const auto eof = decode_eof(payload);
        if (!eof) return eof.error();
        status_ = eof->status;
        warnings_ = eof->warnings;
    } else {
        const auto ok = decode_ok(payload, capabilities_);
        if (!ok) return ok.error();
        ok_ = *ok;
        status_ = ok->status;
        warnings_ = ok->warnings;
    }
    end_result();
    return {};
}

result<void> response_reader::on_err(bytes_view payload) {
    const auto err = decode_err(payload);
    if (!err) return err.error();
    error_ = *err;
    end_response();
    return {};
}

void response_reader::end_result() noexcept {
    const bool more = (status_ & server_status::more_results_exist) != 0;
    const bool may_have_more = command_ == command::query || command_ == command::stmt_execute;
    if (!more || !may_have_more) return end_response();
    ++results_;
    columns_ = 0;
    state_ = state::start;
}

void response_reader::end_response() noexcept {
    ++results_;
    state_ = state::done;
}

}  // namespace protocol
