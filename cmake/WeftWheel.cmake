# What goes into the Python package as people install it (scikit-build-core runs CMake with SKBUILD set):
#   weft/_weft*.so, _weft.pyi    the extension, beside the sources that pyproject.toml names
#   weft/libweft.so.0            and libweft_flight.so.0
#   weft/include, weft/cmake     what modules of C++ are compiled with: find_package(Weft)
# Arrow's libraries are those of the pyarrow that stands beside it.

include(CMakePackageConfigHelpers)

set(libraries weft)
if(TARGET weft_flight)
  list(APPEND libraries weft_flight)
endif()
# A wheel has no symbolic links: one file, of the name that programs ask for.
set_target_properties(${libraries} PROPERTIES VERSION ${PROJECT_VERSION_MAJOR})
set_target_properties(${libraries} weft_python PROPERTIES INSTALL_RPATH "$ORIGIN;$ORIGIN/../pyarrow")

install(TARGETS ${libraries} EXPORT WeftTargets LIBRARY DESTINATION weft NAMELINK_SKIP)
install(TARGETS weft_python LIBRARY DESTINATION weft)
install(FILES "${PROJECT_BINARY_DIR}/python/weft/_weft.pyi" DESTINATION weft)

install(FILES "${PROJECT_SOURCE_DIR}/examples/flights/flights.py" DESTINATION weft RENAME demo_flights.py)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/weft" DESTINATION weft/include FILES_MATCHING PATTERN "*.h")
install(EXPORT WeftTargets NAMESPACE Weft:: DESTINATION weft/cmake)
set(WEFT_ARROW_INCLUDE_DIR "\${CMAKE_CURRENT_LIST_DIR}/../../pyarrow/include")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/WeftConfig.cmake.in" "${PROJECT_BINARY_DIR}/WeftConfig.cmake"
                              INSTALL_DESTINATION weft/cmake NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/WeftConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/WeftConfig.cmake" "${PROJECT_BINARY_DIR}/WeftConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/WeftFeatures.cmake" "${PROJECT_SOURCE_DIR}/cmake/embedded_sources.cc.in"
        DESTINATION weft/cmake)
