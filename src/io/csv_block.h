/// A block of CSV rows as columns: fast through Arrow, and exactly where something does not fit.
#pragma once

#include <arrow/csv/options.h>
#include <arrow/type_fwd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/csv_text.h"
#include "io/text_blocks.h"
#include "weft/read.h"

namespace weft {

struct CsvColumn {
  std::string name;
  Type type = nullptr;
  bool declared = false;
};

/// How the blocks of one file are read. Shared by the threads that read them; immutable, but for
/// what was learned about times.
struct CsvPlan {
  std::string path;
  CsvDialect dialect;
  BadRows bad_rows = BadRows::kFail;
  std::vector<CsvColumn> columns;  ///< of the file
  std::vector<int> wanted;         ///< numbers of the columns to be converted
  std::vector<int> shown;          ///< those of `wanted` that the block has, as it has them
  std::vector<std::string> nulls;
  std::vector<std::string> trues;
  std::vector<std::string> falses;
  std::vector<std::string> time_formats;
  arrow::csv::ParseOptions parse = {};
  arrow::csv::ConvertOptions text = {};    ///< of string columns: a quoted cell is no null
  arrow::csv::ConvertOptions other = {};   ///< of the rest
  mutable std::atomic<int> time_form = 0;  ///< the form of the last times that fitted

  /// Sets `parse`, `text` and `other` from the rest.
  void prepare();
};

/// Why a row was left out.
struct BadRow {
  int64_t line = 0;
  std::optional<std::string> column;
  std::string expected;
  std::string found;
  std::string row;
};

struct CsvResult {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<BadRow> bad_rows;
};

/// Throws Error(kBadData) as `bad_rows` says.
CsvResult read_csv_block(const CsvPlan& plan, const TextBlock& block);

/// The slow way, which knows each cell's line.
CsvResult read_csv_block_exactly(const CsvPlan& plan, const TextBlock& block);

/// One cell of a type in the exact way; "" or what was expected and why it is none.
std::string append_csv_cell(const CsvPlan& plan, Type type, const CsvCell& cell,
                            arrow::ArrayBuilder& builder);

/// Types of the columns without one, from a block of rows; stays null where every cell is null.
void infer_csv_types(CsvPlan& plan, const TextBlock& block);

}  // namespace weft
