/// Modules: where definitions come from at run time: what is compiled in, and shared libraries.
#pragma once

#include "weft/definition.h"

namespace weft {

/// All features linked into the program or loaded since, grouped by module (WEFT_MODULE, or the
/// name of the file without its ending), as written. A module that load_module() loaded is not
/// among them. Throws what a modifier's arguments throw. Thread-safe.
std::vector<Module> compiled_modules();
/// The one of this name. Throws Error(kNotFound) with the nearest name.
Module compiled_module(std::string_view name);

/// Loads a shared library that weft_add_features made, and gives the features it holds. It stays
/// loaded for good: values and kernels may point into it. To load it again is cheap.
/// Throws Error(kNotFound) if there is no such file, Error(kIo) if the system cannot load it,
/// Error(kInvalidArgument) if it holds no feature, Error(kUnsupported) if it was built for another
/// Weft, compiler or with other flags. A module is code: load only what you would run.
Module load_module(const std::string& path);

}  // namespace weft
