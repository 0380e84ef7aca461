# The Python that the package is built for, and nanobind out of it. Settles WEFT_BUILD_PYTHON, which may be AUTO.

if(WEFT_BUILD_PYTHON)
  if(NOT Python_EXECUTABLE AND EXISTS "${PROJECT_SOURCE_DIR}/.venv/bin/python")
    set(Python_EXECUTABLE "${PROJECT_SOURCE_DIR}/.venv/bin/python")
  endif()
  find_package(Python 3.11 QUIET COMPONENTS Interpreter Development.Module)
  if(Python_FOUND)
    execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir OUTPUT_VARIABLE nanobind_ROOT
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    find_package(nanobind CONFIG QUIET)
  endif()
  if(NOT Python_FOUND OR NOT nanobind_FOUND)
    set(missing "needs Python 3.11 or newer with its headers (Debian: python3-dev) and nanobind; tools/setup.sh test \
installs them")
    if(NOT WEFT_BUILD_PYTHON STREQUAL "AUTO")
      message(FATAL_ERROR "The Python package ${missing}")
    endif()
    message(STATUS "The Python package is not built: it ${missing}")
    set(WEFT_BUILD_PYTHON OFF)
  else()
    set(WEFT_BUILD_PYTHON ON)
  endif()
endif()
