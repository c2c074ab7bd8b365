#pragma once

#include <bitset>
#include <string>
#include <utility>
#include <vector>

#include "proxy/pin_reason.hpp"

namespace proxy {

/// What exactly pins a session, where it has names: its temporary tables, named locks, handlers and
/// prepared texts.  The statement that ends the last one of a kind ends the pin.
///
/// What has no known name never ends by name.  Not for several threads.
class pin_holders {
public:
    static constexpr std::size_t names_max = 256;  // of all kinds; more are not counted but unknown

    void add(pin_reason why, std::string name);
    /// There is one whose name nobody knows.
    void add_unknown(pin_reason why) { unknown_.set(index(why)); }
    void remove(pin_reason why, const std::string& name);
    /// All of this kind have ended, those unknown too.
    void clear(pin_reason why);
    void clear();

    bool has(pin_reason why, const std::string& name) const;
    bool has_unknown(pin_reason why) const { return unknown_.test(index(why)); }
    bool any(pin_reason why) const;
    std::vector<std::string> names(pin_reason why) const;

private:
    static std::size_t index(pin_reason why) { return static_cast<std::size_t>(why); }

    std::vector<std::pair<pin_reason, std::string>> names_;  // mostly none, never many
    std::bitset<pin_reason_count> unknown_;
};

}  // namespace proxy
