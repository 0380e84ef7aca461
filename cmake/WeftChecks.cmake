# Tests of the project rather than of its code: style, headers that stand alone, the installed package.

find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

add_test(NAME tidy COMMAND ${Python3_EXECUTABLE} tools/tidy.py WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
add_test(NAME doc_snippets COMMAND ${Python3_EXECUTABLE} tools/doc_snippets.py WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
add_test(NAME feast_differences COMMAND ${Python3_EXECUTABLE} tools/feast_differences.py
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
add_test(NAME errors_page COMMAND ${Python3_EXECUTABLE} tools/errors_page.py WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
add_test(NAME tidy_test COMMAND ${Python3_EXECUTABLE} tools/tidy_test.py WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
add_test(NAME doc_names COMMAND ${Python3_EXECUTABLE} tools/doc_names.py WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
add_test(NAME doc_names_test COMMAND ${Python3_EXECUTABLE} tools/doc_names_test.py WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(tidy PROPERTIES SKIP_RETURN_CODE 77)

# Every public header compiles alone. Built by the test, again only when a header has changed.
file(GLOB headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/include/weft/*.h")
set(header_sources)
foreach(header IN LISTS headers)
  set(source "${PROJECT_BINARY_DIR}/headers/${header}.cc")
  file(CONFIGURE OUTPUT "${source}" CONTENT "#include \"${header}\"  // once\n#include \"${header}\"  // and again\n")
  list(APPEND header_sources "${source}")
endforeach()
add_library(weft_headers OBJECT EXCLUDE_FROM_ALL ${header_sources})
target_link_libraries(weft_headers PRIVATE Weft::weft weft_warnings)
add_test(NAME headers COMMAND ${CMAKE_COMMAND} --build "${PROJECT_BINARY_DIR}" --target weft_headers -j1)

# An installed Weft serves a project of its own.
if(EXISTS "${PROJECT_SOURCE_DIR}/include/weft/weft.h")
  add_test(NAME installed_package
           COMMAND ${CMAKE_COMMAND} -D "WEFT_BINARY_DIR=${PROJECT_BINARY_DIR}" -D "WEFT_BUILD_TYPE=${CMAKE_BUILD_TYPE}"
                   -D "WEFT_GENERATOR=${CMAKE_GENERATOR}" -D "WEFT_SANITIZE=${WEFT_SANITIZE}"
                   -D "WEFT_COMPILER=${CMAKE_CXX_COMPILER}" -P
                   "${PROJECT_SOURCE_DIR}/tests/installed/run.cmake")
  set_tests_properties(installed_package PROPERTIES TIMEOUT 300 ENVIRONMENT "${WEFT_TEST_ENVIRONMENT}")
endif()
