# Modules of features: for Weft's own examples and tests, and for projects that found Weft.

set(_weft_features_dir "${CMAKE_CURRENT_LIST_DIR}")

# weft_add_features(<name> SOURCES <file.cc>... [OBJECT] [LIBS <target>...])
#
# Makes target <name>, the loadable module <name>.so, and with OBJECT also <name>_objects, an object
# library that links the same features into a program. (A static library would silently drop them.)
# The text of each source goes into the module under its __FILE__, which is the path from the project's
# top directory: documentation, lineage and fingerprints need it.
#
# Flags that are semantics, not taste: no fused multiply-add (batch, stream and online give the same
# bits); hidden symbols, none of them unique (two modules may define features of one name).
function(weft_add_features name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "OBJECT" "" "SOURCES;LIBS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "usage: weft_add_features(<name> SOURCES <file.cc>... [OBJECT] [LIBS <target>...])")
  endif()

  set(directory "${CMAKE_CURRENT_BINARY_DIR}/${name}.weft")
  set(embedded "${directory}/sources.cc")
  set(WEFT_BLOCKS "")
  set(WEFT_CALLS "")
  set(count 0)
  set(paths)
  foreach(source IN LISTS arg_SOURCES)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE OUTPUT_VARIABLE path)
    list(APPEND paths "${path}")
    string(REPLACE "${CMAKE_SOURCE_DIR}/" "" file "${path}")  # as -fmacro-prefix-map does below
    string(APPEND WEFT_BLOCKS "WEFT_EMBED(${count}, \"${path}\")\n")
    string(APPEND WEFT_CALLS
           "  register_source(\"${file}\", weft_source_${count}, weft_source_${count}_end - weft_source_${count});\n")
    math(EXPR count "${count} + 1")
  endforeach()
  configure_file("${_weft_features_dir}/embedded_sources.cc.in" "${embedded}" @ONLY)
  set_source_files_properties("${embedded}" PROPERTIES OBJECT_DEPENDS "${paths}")

  add_library(${name} MODULE)
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so")
  if(WEFT_MODULE_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${WEFT_MODULE_OUTPUT_DIRECTORY}")
  endif()
  target_link_libraries(${name} PRIVATE Weft::weft ${arg_LIBS})
  target_link_options(${name} PRIVATE -Wl,-z,defs)
  if(arg_OBJECT)
    add_library(${name}_objects OBJECT ${paths} "${embedded}")
    target_link_libraries(${name}_objects PUBLIC Weft::weft ${arg_LIBS})
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${name}_objects>)
    set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
    set(compiled ${name}_objects)
  else()
    target_sources(${name} PRIVATE ${paths} "${embedded}")
    set(compiled ${name})
  endif()
  set_target_properties(${compiled} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
                                               VISIBILITY_INLINES_HIDDEN ON)
  target_compile_features(${compiled} PRIVATE cxx_std_20)
  target_compile_definitions(${compiled} PRIVATE "WEFT_MODULE=\"${name}\""
                                                 "WEFT_FEATURE_FLAGS=\"ffp-contract=off\"")
  target_compile_options(
    ${compiled}
    PRIVATE -ffp-contract=off "-fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=" $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>
            $<$<CONFIG:Release,RelWithDebInfo>:-O3>)
  if(TARGET weft_warnings)
    target_link_libraries(${compiled} PRIVATE weft_warnings)
    set_target_properties(${compiled} PROPERTIES WEFT_FEATURES ON)
  endif()
endfunction()
