/// Formats as they are registered: options are understood first, so that they can be checked before
/// anything is read or written.
#pragma once

#include <set>

#include "io/option_reader.h"
#include "weft/formats.h"

namespace weft {

/// Understands the options and gives what does the work. Throws Error(kInvalidArgument,
/// kTypeMismatch).
using Load = std::function<Value()>;
using Save = std::function<Values(const Value& value)>;
struct LoaderFormat {
  std::function<Load(OptionReader& options)> prepare = {};
  Loader function = {};  ///< in place of it, where only the function knows its options
};
struct SaverFormat {
  std::function<Save(OptionReader& options)> prepare = {};
  Saver function = {};
};

/// Throws Error(kAlreadyExists).
void add_format(const std::string& name, LoaderFormat format);
void add_format(const std::string& name, SaverFormat format);

/// A folder that holds the name `marker` is one table of a format, which read_table() reads with
/// this. Throws Error(kAlreadyExists).
using ReadFolder = std::function<Table(const std::string& path, const ReadOptions& options)>;
void add_folder_format(const std::string& marker, ReadFolder read);

/// Throws what the loader would say about these options without doing anything; the values of
/// `later` are not known yet. Throws Error(kNotFound) for an unknown format.
void check_loader(std::string_view name, const Values& options, std::set<std::string> later);
void check_saver(std::string_view name, const Values& options, std::set<std::string> later);

}  // namespace weft
