# The third-party libraries that libweft links, gathered in the target weft_dependencies.

find_package(ArrowWheel REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED)

# Makes Weft::<name> of a library without CMake files of its own.
function(_weft_plain_library name library header package)
  find_library(WEFT_${name}_LIBRARY ${library})
  find_path(WEFT_${name}_INCLUDE_DIR ${header})
  mark_as_advanced(WEFT_${name}_LIBRARY WEFT_${name}_INCLUDE_DIR)
  if(NOT WEFT_${name}_LIBRARY OR NOT WEFT_${name}_INCLUDE_DIR)
    message(FATAL_ERROR "Weft needs ${library} and ${header} (Debian: ${package}); tools/setup.sh installs it")
  endif()
  add_library(Weft::${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(Weft::${name} PROPERTIES IMPORTED_LOCATION "${WEFT_${name}_LIBRARY}"
                        INTERFACE_INCLUDE_DIRECTORIES "${WEFT_${name}_INCLUDE_DIR}")
endfunction()

_weft_plain_library(xxhash xxhash xxhash.h libxxhash-dev)
_weft_plain_library(sleef sleef sleef.h libsleef-dev)
_weft_plain_library(lmdb lmdb lmdb.h liblmdb-dev)
_weft_plain_library(hiredis hiredis hiredis/hiredis.h libhiredis-dev)
# Not re2: libarrow_compute exports one of its own, of another version, and the two would mix.
_weft_plain_library(pcre2 pcre2-8 pcre2.h libpcre2-dev)
# Its archive, and none of its symbols seen: pyarrow's libraries export another version of them.
_weft_plain_library(utf8proc_static libutf8proc.a utf8proc.h libutf8proc-dev)
set_target_properties(Weft::utf8proc_static PROPERTIES INTERFACE_COMPILE_DEFINITIONS UTF8PROC_STATIC
                      INTERFACE_LINK_OPTIONS "LINKER:--exclude-libs,libutf8proc.a")

add_library(weft_dependencies INTERFACE)
target_link_libraries(
  weft_dependencies
  INTERFACE Weft::arrow fmt::fmt nlohmann_json::nlohmann_json yaml-cpp Weft::xxhash Weft::sleef
            SQLite::SQLite3 PostgreSQL::PostgreSQL Threads::Threads ${CMAKE_DL_LIBS})

# Settles an option that may be AUTO: on if the package it needs is there; ON requires the package.
macro(weft_find_or_skip option package what)
  if(${option} STREQUAL "AUTO")
    find_package(${package} QUIET)
    set(${option} ${${package}_FOUND})
    if(NOT ${package}_FOUND)
      message(STATUS "The ${what} are not built: ${package} is not installed")
    endif()
  elseif(${option})
    find_package(${package} REQUIRED)
  endif()
endmacro()
