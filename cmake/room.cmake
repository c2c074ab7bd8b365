# tidegate_room(NAME [USES <our rooms>] [LIBRARIES <others>] SOURCES <files>)
#
# One static library per folder of the design.  USES is the folder's row of the design's table
# (docs/architecture.md).  A room's headers are reachable only through its own include folder, which
# holds a link to that room alone: an include against the arrows does not compile.
function(tidegate_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LIBRARIES;SOURCES" ${ARGN})
  set(include_dir ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${include_dir})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${name} ${include_dir}/${name} SYMBOLIC)

  add_library(tidegate_${name} STATIC ${ROOM_SOURCES})
  target_compile_options(tidegate_${name} PRIVATE ${TIDEGATE_WHOLE_PROGRAM})
  list(TRANSFORM ROOM_USES PREPEND tidegate_)
  target_include_directories(tidegate_${name} PUBLIC ${include_dir})
  target_link_libraries(tidegate_${name}
    PUBLIC ${ROOM_USES} ${ROOM_LIBRARIES}
    PRIVATE tidegate_options)
endfunction()

# tidegate_test(NAME USES <our rooms> [LIBRARIES <others>] [TIMEOUT <seconds>] SOURCES <files>)
#
# A Catch2 executable whose cases ctest knows one by one.  Tests may use tests/support.
function(tidegate_test name)
  cmake_parse_arguments(TEST "" "TIMEOUT" "USES;LIBRARIES;SOURCES" ${ARGN})
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 120)
  endif()
  add_executable(test_${name} ${TEST_SOURCES})
  list(TRANSFORM TEST_USES PREPEND tidegate_)
  target_link_libraries(test_${name} PRIVATE
    ${TEST_USES} ${TEST_LIBRARIES} tidegate_test_support tidegate_catch_main tidegate_options)
  catch_discover_tests(test_${name} TEST_PREFIX "${name}: "
    DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT ${TEST_TIMEOUT})
endfunction()
