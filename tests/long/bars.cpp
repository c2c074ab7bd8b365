#include "tests/long/bars.hpp"

#include <mysql.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <sstream>
#include <stdexcept>

namespace long_test {

void bars::equal(const std::string& name, double measured, double target) {
    add(name, measured, target, measured == target);
}

void bars::at_least(const std::string& name, double measured, double target) {
    add(name, measured, target, measured >= target);
}

void bars::at_most(const std::string& name, double measured, double target) {
    add(name, measured, target, measured <= target);
}

void bars::add(const std::string& name, double measured, double target, bool met) {
    std::ostringstream line;
    line << "bar " << name << " measured=" << measured << " target=" << target
         << (met ? " ok" : " short");
    lines_.push_back(line.str());
    all_met_ = all_met_ && met;
}

int bars::print() const {
    for (const std::string& line : lines_) std::printf("%s\n", line.c_str());
    return all_met_ ? 0 : 1;
}

void progress(const std::string& text) {
    static const auto begin = std::chrono::steady_clock::now();
    const auto passed =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::fprintf(stderr, "%7.1f s  %s\n", passed, text.c_str());
}

int setting(const char* name, int otherwise) {
    const char* const text = std::getenv(name);
    if (text == nullptr) return otherwise;
    char* end = nullptr;
    constexpr long most = 1'000'000;
    const long number = std::strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || number < 1 || number > most)
        throw std::runtime_error(std::string(name) + "=" + text +
                                 " is no number from 1 to 1000000");
    return static_cast<int>(number);
}

int run(int (*test)()) {
    mysql_library_init(0, nullptr, nullptr);  // before the threads
    try {
        return test();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}

}  // namespace long_test
