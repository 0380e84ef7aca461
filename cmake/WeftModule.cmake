# Folders of src/ as build targets.

# weft_module(<name> [DEPS <module>...] [LIBS <target>...])
#
# Compiles *.cc of the calling folder into libweft, and its *_test.cc into the program weft_<name>_test,
# which is one ctest entry of that name. DEPS names the modules (folders above this one) it includes; LIBS
# names further third-party targets. A file x_<label>_test.cc with label long or services goes into a
# program of its own, weft_<name>_<label>_test, with that ctest label.
function(weft_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPS;LIBS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "weft_module(${name}): what is `${arg_UNPARSED_ARGUMENTS}`?")
  endif()
  foreach(dep IN LISTS arg_DEPS)
    if(NOT TARGET weft_${dep})
      message(FATAL_ERROR "weft_module(${name}): no module `${dep}` above it (see WEFT_LAYERS)")
    endif()
  endforeach()

  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  if(sources)
    add_library(weft_${name} OBJECT ${sources})
    target_include_directories(weft_${name} PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
    target_compile_definitions(weft_${name} PRIVATE "WEFT_VERSION=\"${PROJECT_VERSION}\"")
    target_link_libraries(weft_${name} PRIVATE weft_dependencies weft_warnings ${arg_LIBS})
    target_sources(weft PRIVATE $<TARGET_OBJECTS:weft_${name}>)
  else()
    add_library(weft_${name} INTERFACE)
  endif()
  if(arg_LIBS)
    target_link_libraries(weft PRIVATE ${arg_LIBS})
  endif()
  if(WEFT_BUILD_TESTS AND tests)
    weft_test_program(${name} SOURCES ${tests} LIBS ${arg_LIBS})
  endif()
endfunction()

# weft_test_program(<name> SOURCES <x_test.cc>... [LIBS <target>...])
#
# The ctest entries of a folder's tests; see weft_module for how they are split by label.
function(weft_test_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  set(rest ${arg_SOURCES})
  foreach(label long services)
    set(labelled ${rest})
    list(FILTER labelled INCLUDE REGEX "_${label}_test\\.cc$")
    list(FILTER rest EXCLUDE REGEX "_${label}_test\\.cc$")
    if(labelled)
      _weft_test_program(weft_${name}_${label}_test "${label}" "${labelled}" "${arg_LIBS}")
    endif()
  endforeach()
  if(rest)
    _weft_test_program(weft_${name}_test "" "${rest}" "${arg_LIBS}")
  endif()
endfunction()

function(_weft_test_program target label sources libs)
  add_executable(${target} ${sources})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${target} PRIVATE Weft::weft weft_dependencies weft_warnings GTest::gmock
                                          GTest::gtest_main ${libs})
  add_test(NAME ${target} COMMAND ${target} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  # A skipped test would count as passed: what a test needs is installed by tools/setup.sh, or it fails.
  set_tests_properties(${target} PROPERTIES TIMEOUT 300 ENVIRONMENT "${WEFT_TEST_ENVIRONMENT}"
                                            FAIL_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
  if(label)
    set_tests_properties(${target} PROPERTIES LABELS ${label} TIMEOUT 1800)
  endif()
endfunction()

# weft_bench(<name> SOURCES <file.cc>... [LIBS <target>...])
#
# The program bench_<name> with google-benchmark and its main(); `make bench` runs all of them.
function(weft_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  add_executable(bench_${name} ${arg_SOURCES})
  target_include_directories(bench_${name} PRIVATE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(bench_${name} PRIVATE Weft::weft weft_dependencies weft_warnings
                                              benchmark::benchmark_main ${arg_LIBS})
endfunction()

# What every test's environment holds: strict sanitizers, and where the build's own things are.
set(WEFT_TEST_ENVIRONMENT
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
    "TSAN_OPTIONS=halt_on_error=1:report_mutex_bugs=0:suppressions=${PROJECT_SOURCE_DIR}/tools/tsan.supp"
    "WEFT_BUILD_DIR=${PROJECT_BINARY_DIR}"
    "WEFT_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
