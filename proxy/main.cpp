#include <iostream>

#include "proxy/cli/command_line.hpp"

int main(int argc, char** argv) {
    return proxy::cli::run(argc, argv, std::cout, std::cerr);
}
