set(TIDEGATE_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
option(TIDEGATE_FUZZ "Build the libFuzzer targets (clang only)" OFF)

# Applied to our own targets only: the libraries' headers are system headers.
add_library(tidegate_options INTERFACE)
target_compile_options(tidegate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Werror)
target_compile_definitions(tidegate_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)

if(TIDEGATE_SANITIZE)
  # For every target: a build in which only some objects are instrumented reports nonsense.
  add_compile_options(-fsanitize=${TIDEGATE_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all -O1)
  add_link_options(-fsanitize=${TIDEGATE_SANITIZE})
endif()
if(TIDEGATE_FUZZ AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(STATUS "No fuzz targets: libFuzzer comes with clang only")
  set(TIDEGATE_FUZZ OFF)
endif()
if(TIDEGATE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
