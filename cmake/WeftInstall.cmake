# What `cmake --install` puts where: headers, libweft and libweft_flight, the command, and the package for find_package(Weft).

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/Weft")

# Installed things find libweft beside them, and Arrow where it was found now. (The link path alone would
# not do: CMake leaves directories inside the project out of it, and .venv is one.)
set_target_properties(weft PROPERTIES INSTALL_RPATH "$ORIGIN;${WEFT_ARROW_LIBRARY_DIR}"
                                      INSTALL_RPATH_USE_LINK_PATH ON)
install(TARGETS weft EXPORT WeftTargets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET weft_flight)
  set_target_properties(weft_flight PROPERTIES INSTALL_RPATH "$ORIGIN;${WEFT_ARROW_LIBRARY_DIR}"
                                               INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS weft_flight EXPORT WeftTargets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()
if(TARGET weft_cli)
  set_target_properties(weft_cli PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR};${WEFT_ARROW_LIBRARY_DIR}"
                                            INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS weft_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY include/weft DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")

install(EXPORT WeftTargets NAMESPACE Weft:: DESTINATION "${package_dir}")
configure_package_config_file(cmake/WeftConfig.cmake.in "${PROJECT_BINARY_DIR}/WeftConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may rename and remove.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/WeftConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/WeftConfig.cmake" "${PROJECT_BINARY_DIR}/WeftConfigVersion.cmake"
              cmake/WeftFeatures.cmake cmake/embedded_sources.cc.in
        DESTINATION "${package_dir}")
