/// Readers of CSV, Parquet, Arrow IPC and JSON lines files: each yields a table read when needed.
#pragma once

#include <atomic>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "weft/table.h"

namespace weft {

/// What to read: a file, a list of files, a glob ("data/*.parquet", "**" for any folders), or a
/// folder. Files below a folder are read in path order, which is part of the row order; those in
/// folders named key=value get the columns `key` (int64 where every value is a plain integer,
/// timestamp where every value is a date, else string; __HIVE_DEFAULT_PARTITION__ is null), behind
/// the files' own. Names that start with "." or "_" are passed over.
class Paths {
 public:
  Paths(const char* path) : paths_{path} {}                   // NOLINT(google-explicit-constructor)
  Paths(std::string path) : paths_{std::move(path)} {}        // NOLINT(google-explicit-constructor)
  Paths(const std::filesystem::path& path) : paths_{path} {}  // NOLINT(google-explicit-constructor)
  Paths(std::vector<std::string> paths) : paths_(std::move(paths)) {}  // NOLINT
  Paths(std::initializer_list<std::string> paths) : paths_(paths) {}   // NOLINT

  const std::vector<std::string>& list() const { return paths_; }

 private:
  std::vector<std::string> paths_;
};

enum class Compare : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,         ///< the value is a list
  kIsNull,     ///< no value
  kIsNotNull,  ///< no value
};

/// One condition on a row. A null is in no relation to anything; NaN is only `kNotEqual`, to all.
/// The value must be of the column's type, or convert to it without loss ("2013-01-01" to a time).
struct Condition {
  std::string column;
  Compare op = Compare::kEqual;
  Value value = {};
};
/// All must hold.
using Filter = std::vector<Condition>;

/// What reading took so far, summed over all readers that share it. Thread-safe.
struct ReadStats {
  std::atomic<int64_t> files = 0;               ///< opened for rows
  std::atomic<int64_t> files_skipped = 0;       ///< by their partition
  std::atomic<int64_t> row_groups = 0;          ///< read
  std::atomic<int64_t> row_groups_skipped = 0;  ///< by their statistics
  std::atomic<int64_t> bytes = 0;               ///< read from files
  std::atomic<int64_t> rows = 0;                ///< decoded, before the filter's last word
};

/// What becomes of a row of text that does not fit: a cell that is no value of its column's type,
/// or a row with more or fewer cells than the header.
enum class BadRows : uint8_t {
  kFail,        ///< Error(kBadData) with file, line, column, what was expected and what was found
  kNull,        ///< the cell becomes null; missing cells are null, surplus ones are dropped
  kQuarantine,  ///< the row is left out and noted in CsvOptions::quarantine
};

/// Rows that were left out, and why. Shared by the readers that are given it; a row that is read
/// again is noted once. Thread-safe.
class Quarantine {
 public:
  Quarantine();
  ~Quarantine();

  int64_t size() const;
  /// file: string, line: int64 (from 1), column: string (null for a row of the wrong length),
  /// expected: string, found: string, row: string (its text); by file and line.
  Table table() const;
  /// The same as a CSV file.
  void write(const std::string& path) const;

  struct State;
  State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// Text in UTF-8 with an optional byte order mark; rows end with \n, \r\n or \r, and a quoted cell
/// may contain them. A quote within a quoted cell is written twice. Spaces around numbers, bools
/// and times are ignored. Empty lines are passed over, unless there is but one column.
struct CsvOptions {
  std::vector<std::string> columns = {};  ///< only these, in this order; empty: all
  /// Declared types. What is not declared is inferred from the first megabyte with a value: int64,
  /// bool (true, false), timestamp (ISO 8601), double, else string. Whole numbers too large for
  /// int64 are inferred as string, since a double would change digits. A later value that
  /// contradicts what was inferred is an error that names its line. Declared lists and structs are
  /// read from JSON text, durations from "1h30m" or whole microseconds.
  Schema types = {};
  Filter filter = {};
  char delimiter = ',';
  char quote = '"';  ///< '\0': none
  bool header = true;
  std::vector<std::string> names = {};  ///< with header = false; empty: column_1, column_2, ...
  int64_t skip_rows = 0;                ///< lines before the header that are passed over
  char comment = '\0';                  ///< lines that start with it are passed over; '\0': none
  /// Cells that mean null unless they are quoted; a quoted empty cell is null too where the column
  /// is not text. "NaN" is not among them: in a double column it is NaN, elsewhere text.
  std::vector<std::string> nulls = {"", "NA", "null", "NULL"};
  std::vector<std::string> trues = {"true", "True", "TRUE", "1"};
  std::vector<std::string> falses = {"false", "False", "FALSE", "0"};
  /// strptime formats tried before ISO 8601, for timestamps without a zone (they are UTC).
  std::vector<std::string> time_formats = {};
  BadRows bad_rows = BadRows::kFail;
  std::shared_ptr<Quarantine> quarantine = nullptr;  ///< needed by kQuarantine
  /// A column that some of several files lack is null there; false: it is an error.
  bool fill_missing = false;
  std::shared_ptr<ReadStats> stats = nullptr;
};

struct ParquetOptions {
  std::vector<std::string> columns = {};  ///< only these, in this order; empty: all
  /// Row groups whose statistics rule them out are not read; the rest is filtered row by row.
  Filter filter = {};
  bool fill_missing = false;  ///< see CsvOptions
  std::shared_ptr<ReadStats> stats = nullptr;
};

/// Arrow IPC files (Feather version 2) and streams, told apart by their first bytes.
struct IpcOptions {
  std::vector<std::string> columns = {};  ///< only these, in this order; empty: all
  Filter filter = {};
  bool fill_missing = false;  ///< see CsvOptions
  std::shared_ptr<ReadStats> stats = nullptr;
};

/// One JSON object a line. Types are inferred from the first megabyte unless declared: whole
/// numbers int64, other numbers double, ISO 8601 texts timestamp, arrays lists, objects structs. A
/// key that appears only later is an error that says so, unless it is declared.
struct JsonOptions {
  std::vector<std::string> columns = {};  ///< only these, in this order; empty: all
  Schema types = {};                      ///< declared types; see CsvOptions
  Filter filter = {};
  bool fill_missing = false;  ///< see CsvOptions
  std::shared_ptr<ReadStats> stats = nullptr;
};

/// Tables whose rows are read block by block, in bounded memory, when they are asked for. Files,
/// headers, schemas, asked-for columns and filters are checked at once.
///
/// Throws now:   Error(kNotFound) for a file or column that does not exist (naming the nearest),
///               kIo (permission, a folder in place of a file), kBadData (empty, damaged, no such
///               format, not UTF-8), kTypeMismatch (files that differ, a filter value of another
///               type), kInvalidArgument (options that contradict each other).
/// Throws later: kBadData and kIo, from the reader, for what only reading shows; kIo if a file was
///               changed meanwhile.
/// Text files may be compressed (.gz, .zst, .bz2, .lz4 at the end of the name).
Table read_csv(const Paths& paths, const CsvOptions& options = {});
Table read_parquet(const Paths& paths, const ParquetOptions& options = {});
Table read_ipc(const Paths& paths, const IpcOptions& options = {});
Table read_json(const Paths& paths, const JsonOptions& options = {});

/// What any reader takes.
struct ReadOptions {
  std::vector<std::string> columns = {};
  Schema types = {};  ///< of text formats; other files hold their own
  Filter filter = {};
  bool fill_missing = false;
};

/// By extension: .csv .tsv .parquet .feather .arrow .arrows .ipc .jsonl .ndjson, text ones perhaps
/// compressed; a folder by that of its files. Throws Error(kInvalidArgument) for another one.
Table read_table(const Paths& paths, const ReadOptions& options = {});

}  // namespace weft
