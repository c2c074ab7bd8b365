# With paths relative to the checkout, a second clone on the same machine finds what the first one
# compiled.  Debug information then names the folder of the first; debuggers ask for the sources.
find_program(TIDEGATE_CCACHE ccache)
if(TIDEGATE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${TIDEGATE_CCACHE})
endif()
