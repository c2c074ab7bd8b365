#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/throw_exception.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace replicator {

/// Why an edge does not follow its source right now.  What is done about each: remedy_of().
enum class errc {
    stop_requested = 1,  ///< The process ends; nothing is wrong.
    source_lost,         ///< No connection to the source, or it broke.
    edge_lost,           ///< No connection to the edge, or it broke.
    edge_busy,           ///< Locks of others are in the way at the edge.
    superseded,          ///< Another process has taken this edge over.
    stream_broken,       ///< Bytes of the stream do not decode, or a checksum is wrong.
    table_changed,       ///< A statement changed a table that the edge holds.
    history_differs,     ///< The edge's copy belongs to other rules: made anew.
    source_unfit,        ///< The source or its tables cannot be followed as they are.
    edge_unfit,          ///< The edge cannot hold the copy as it is.
    history_purged,      ///< The source no longer has the binlogs from the edge's position on.
    source_behind,       ///< The source lacks transactions that the edge has: some were lost.
    unsupported_event,   ///< The stream has something that this version cannot apply exactly.
    edge_differs,        ///< A row of the edge is not what the source says it was.
    edge_refused,        ///< The edge answered an error that a retry will not cure.
};

/// What follows from an error.
enum class remedy {
    end,      // of the replicator
    retry,    // connect again after a delay, and go on at the checkpoint
    recopy,   // at once, from a new snapshot: the configuration is the desired state
    recheck,  // ask again now and then whether a person has changed what is in the way
    stop,     // a person must decide; nothing is tried again before a restart
};

const boost::system::error_category& error_category() noexcept;
remedy remedy_of(errc code) noexcept;

inline boost::system::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// An error and one sentence for a person: what, where, what to do.  Holds no row contents.
struct failure {
    failure() = default;
    failure(errc its_code, std::string its_message)
        : code(its_code), message(std::move(its_message)) {}

    errc code = errc::stop_requested;
    std::string message{};
};

/// What boost::system::result calls when value() is asked for and there is none: a bug of ours.
[[noreturn]] inline void throw_exception_from_error(const failure& why,
                                                    const boost::source_location& where) {
    boost::throw_with_location(boost::system::system_error(make_error_code(why.code), why.message),
                               where);
}

template <class T>
using result = boost::system::result<T, failure>;

inline failure fail(errc code, std::string message) {
    return {code, std::move(message)};
}

}  // namespace replicator

template <>
struct boost::system::is_error_code_enum<replicator::errc> : std::true_type {};
