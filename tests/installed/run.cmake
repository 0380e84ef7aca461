# Installs the build tree into a fresh prefix and builds and runs the project beside this file with it.

set(prefix "${WEFT_BINARY_DIR}/installed_package/prefix")
set(build "${WEFT_BINARY_DIR}/installed_package/build")
file(REMOVE_RECURSE "${prefix}" "${build}")
set(flags "")
if(WEFT_SANITIZE)
  set(flags "-fsanitize=${WEFT_SANITIZE}")
endif()

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status STREQUAL "0")
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}: ${status}\n${output}")
  endif()
endfunction()

run("${CMAKE_COMMAND}" --install "${WEFT_BINARY_DIR}" --prefix "${prefix}")
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${build}" -G "${WEFT_GENERATOR}"
    "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_BUILD_TYPE=${WEFT_BUILD_TYPE}" "-DCMAKE_CXX_FLAGS=${flags}"
    "-DCMAKE_CXX_COMPILER=${WEFT_COMPILER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=$ENV{CMAKE_CXX_COMPILER_LAUNCHER}")
run("${CMAKE_COMMAND}" --build "${build}" -j1)
run("${build}/hello" "${build}/hello_ext.so")
if(EXISTS "${build}/hello_flight")
  run("${build}/hello_flight" "${build}/store")
endif()
