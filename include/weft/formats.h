/// Loaders and savers known by the name of their format: "csv", "parquet", "ipc", "json", "sql",
/// and those a program adds.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/table.h"

namespace weft {

/// Makes a value, mostly a table, of options such as {path: "a.csv"}. Throws
/// Error(kInvalidArgument) for an option it does not have.
using Loader = std::function<Value(const Values& options)>;
/// Writes a value and says what it wrote: path, rows, bytes, seconds.
using Saver = std::function<Values(const Value& value, const Values& options)>;

/// For all drivers of the process; a module's own are declared with LOADER and SAVER (feature.h).
/// Throws Error(kAlreadyExists) if the name is taken. Thread-safe, as all here.
void register_loader(const std::string& name, Loader loader);
void register_saver(const std::string& name, Saver saver);

/// Throws Error(kNotFound) with the nearest name.
///
/// Options of the loaders, as in the structs of read.h and sql.h:
///   csv      path, columns, types, filter, delimiter, quote, header, names, skip_rows, comment,
///            nulls, trues, falses, time_formats, bad_rows, quarantine_path, fill_missing
///   parquet  path, columns, filter, fill_missing
///   ipc      path, columns, filter, fill_missing; also called feather
///   json     path, columns, types, filter, fill_missing; one object a line; also called jsonl
///   table    path, columns, types, filter, fill_missing; the format by extension
///   delta    path, columns, filter, version, timestamp; see delta_table.h
///   sql      url, query, parameters, types, stream, batch_rows
///   object   path, type: a value or object that the object saver wrote
/// path is a text or a list of texts. types is "age: int64, name: string", or Values of type names.
/// filter is a list of conditions as text: "year >= 2013", "origin in [\"JFK\", \"LGA\"]",
/// "gate is null". bad_rows is "fail", "null" or "quarantine"; with quarantine_path the loader
/// reads the table at once and writes the rows it left out. parameters is a list, or Values by
/// name.
///
/// Options of the savers:
///   csv      path, delimiter, header, null_text, partition_by, if_exists
///   parquet  path, compression, compression_level, row_group_rows, partition_by, if_exists
///   ipc      path, compression, batch_rows, partition_by, if_exists
///   json     path, partition_by, if_exists
///   table    path, if_exists; the format by extension
///   delta    path, mode ("append", "overwrite", "create"), partition_by, partition_by_day,
///            cluster_by, description, keys, partitions, grow_schema, fill_missing, user_metadata
///   sql      url, table, schema, mode ("create", "append", "replace")
///   object   path, if_exists: any value, and objects that have a format (object_format.h), as JSON
/// if_exists is "replace" or "fail".
Loader loader(std::string_view name);
Saver saver(std::string_view name);

std::vector<std::string> loader_names();  ///< sorted
std::vector<std::string> saver_names();   ///< sorted

}  // namespace weft
