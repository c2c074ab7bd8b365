// Boost.JSON is header-only here: this is its one compiled copy.
#include <boost/json/src.hpp>
