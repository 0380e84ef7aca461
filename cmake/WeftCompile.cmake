# How Weft's own targets are compiled: language, warnings, sanitizers, ccache and mold.

option(WEFT_WERROR "Treat warnings as errors" OFF)
set(WEFT_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them (for example address,undefined)")
option(WEFT_COVERAGE "Instrument for gcov" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)  # a changed libweft.so does not relink every test
# With the sanitizers -Og compiles in half the time of -O1, and full debug information costs as much
# again; backtraces need lines only.
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(WEFT_MODULE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/modules")
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()

find_program(WEFT_CCACHE ccache)
if(WEFT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${WEFT_CCACHE}")
endif()
find_program(WEFT_MOLD mold)
if(WEFT_MOLD)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LINK_OPTIONS -fuse-ld=mold)
  check_cxx_source_compiles("int main() { return 0; }" WEFT_LINKS_WITH_MOLD)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  if(WEFT_LINKS_WITH_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()

# No fused multiply-add behind our back: batch, stream and online must give the same bits.
# __FILE__ is relative to the project, so messages and fingerprints do not depend on the machine.
add_compile_options(-ffp-contract=off "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=" -fdiagnostics-color=auto)
add_link_options(-Wl,--as-needed)
if(WEFT_SANITIZE)
  add_compile_options(-fsanitize=${WEFT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${WEFT_SANITIZE})
endif()
if(WEFT_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()

add_library(weft_warnings INTERFACE)
target_compile_options(weft_warnings INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual
                                               $<$<BOOL:${WEFT_WERROR}>:-Werror>)
# GCC 12 takes "text" + std::string for a copy onto itself (its bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(weft_warnings INTERFACE -Wno-restrict)
endif()
# Not for features: their parameters are named like other features.
target_compile_options(weft_warnings INTERFACE $<$<NOT:$<BOOL:$<TARGET_PROPERTY:WEFT_FEATURES>>>:-Wshadow>)
