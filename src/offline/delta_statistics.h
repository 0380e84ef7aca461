/// Statistics of data files as the log has them: counts, smallest and largest values.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "io/filter.h"
#include "offline/delta_schema.h"

namespace weft::delta {

/// Gathers what is written to one file. Columns of numbers, times and texts get bounds, others only
/// their count of nulls; a column that holds NaN gets none, since readers order it differently.
class StatisticsCollector {
 public:
  explicit StatisticsCollector(std::vector<Column> columns);
  ~StatisticsCollector();

  /// Columns in the order given, as they are stored.
  void add(const arrow::Table& rows);
  std::string to_text() const;

 private:
  struct Bounds;
  std::vector<Column> columns_;
  std::vector<std::unique_ptr<Bounds>> bounds_;
  int64_t rows_ = 0;
};

/// A file's statistics, read when they are asked for. Damaged ones count as none.
class FileStatistics {
 public:
  explicit FileStatistics(const std::string& text);

  std::optional<int64_t> rows() const;
  /// What is known of a column; `rows` is 0 where it is unknown.
  ValueRange range(const Column& column) const;

 private:
  nlohmann::json stats_;
};

/// A text that is not less than all that start with it, of at most `chars_max` characters; nothing
/// if there is none.
std::optional<std::string> upper_bound_of(const std::string& text, size_t chars_max);
/// The first characters of a text.
std::string first_characters(const std::string& text, size_t chars_max);

}  // namespace weft::delta
