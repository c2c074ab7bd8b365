#pragma once

#include <string>
#include <vector>

namespace long_test {

/// The lines a long test ends with: what was measured, and whether that was enough.
class bars {
public:
    /// Adds a bar that is met if `measured` is `target`, at least `target`, or at most it.
    void equal(const std::string& name, double measured, double target);
    void at_least(const std::string& name, double measured, double target);
    void at_most(const std::string& name, double measured, double target);

    /// Prints `bar NAME measured=… target=… ok|short`, a line each.  Returns the exit status: 0 if
    /// all are met.
    int print() const;

private:
    void add(const std::string& name, double measured, double target, bool met);

    std::vector<std::string> lines_;
    bool all_met_ = true;
};

/// A line on the way, on standard error, with the seconds since the program began.
void progress(const std::string& text);

/// The positive number in the environment variable `name`, or `otherwise` if it is not set.
/// Throws std::runtime_error if it is no such number.
int setting(const char* name, int otherwise);

/// Runs `test` and returns the program's exit status; an exception's text is printed.
int run(int (*test)());

}  // namespace long_test
