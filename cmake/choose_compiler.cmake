# Debian 12's default g++ 12 miscompiles coroutines, so clang 19 is taken where nothing was asked for.
if(NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  find_program(TIDEGATE_CLANG NAMES clang++-19 clang++-20 clang++-18 clang++-17)
  if(TIDEGATE_CLANG)
    set(CMAKE_CXX_COMPILER ${TIDEGATE_CLANG})
  endif()
endif()
