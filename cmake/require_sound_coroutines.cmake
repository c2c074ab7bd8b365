if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 17)
  return()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 14)
  return()
endif()
message(FATAL_ERROR
  "Tidegate needs clang 17 or later, or g++ 14 or later, but found ${CMAKE_CXX_COMPILER_ID} "
  "${CMAKE_CXX_COMPILER_VERSION}.  Older g++ silently destroys temporaries of a co_await statement "
  "too early or twice.  On Debian 12: apt-get install clang-19, then "
  "cmake -DCMAKE_CXX_COMPILER=clang++-19 in an empty build folder.")
