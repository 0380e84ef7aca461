/// How one row lies in bytes, and how its features are read where they lie.
#pragma once

#include <compare>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "online/online_store.h"

namespace weft {

/// What decides which of two rows of a key is kept: the greater one.
struct RowOrder {
  int64_t event_us = 0;
  int64_t known_us = 0;
  int64_t sequence = 0;

  auto operator<=>(const RowOrder&) const = default;
};
/// The known time or sequence of a row that has none.
inline constexpr int64_t kBeforeAll = std::numeric_limits<int64_t>::min();

/// Bytes before the validity bits: u32 schema, u32 bytes of the row, i64 event time, i64 known
/// time, i64 sequence. All numbers are little-endian (docs/formats/online-store.md).
inline constexpr size_t kRowHeaderBytes = 32;
inline constexpr size_t kRowBytesMax = size_t{1} << 28;

/// Which columns rows were written with, and where each lies. Immutable.
class RowSchema {
 public:
  /// Throws Error(kUnsupported) for a type that cannot be kept.
  RowSchema(uint32_t id, std::vector<OnlineColumn> columns);

  uint32_t id() const { return id_; }
  const std::vector<OnlineColumn>& columns() const { return columns_; }
  size_t offset(size_t column) const { return offsets_[column]; }
  /// Where texts and lists begin; no row is shorter.
  size_t fixed_bytes() const { return fixed_bytes_; }

 private:
  uint32_t id_;
  std::vector<OnlineColumn> columns_;
  std::vector<uint32_t> offsets_;
  size_t fixed_bytes_ = kRowHeaderBytes;
};

/// Throws Error(kUnsupported) naming the column if a value of this type cannot be kept.
void check_kept_type(std::string_view column, Type type);

/// Appends a row of a multiple of 8 bytes; `out` is at such a multiple. `slots` has one for each
/// column of the schema, null for a null. Throws Error(kResourceLimit) above kRowBytesMax.
void append_row(std::string& out, const RowSchema& schema, const RowOrder& order,
                std::span<const void* const> slots);

/// Throw Error(kBadData) for less than a header.
RowOrder row_order(std::string_view row);
uint32_t row_schema(std::string_view row);

/// Reads the features of selections out of rows, borrowing from the rows where it can. What the two
/// stores' readers share. Not thread-safe.
class RowReader {
 public:
  /// Gives the schema of a number, which it keeps; throws Error(kBadData) if there is none.
  using FindSchema = std::function<std::shared_ptr<const RowSchema>(uint32_t)>;
  explicit RowReader(FindSchema find_schema) : find_schema_(std::move(find_schema)) {}

  size_t select(OnlineSelection selection);
  const OnlineSelection& selection(size_t number) const { return selections_[number].wanted; }
  /// Takes back what was read before.
  void begin(Time now);
  /// Fills what is out; `row` stays where it is as long as the cells are used. Throws
  /// Error(kBadData).
  void read(OnlineLookup& lookup, std::string_view row);
  void not_found(OnlineLookup& lookup);

 private:
  enum class Form : uint8_t { kAbsent, kPlain, kText, kList };
  struct Step {
    Form form = Form::kAbsent;
    uint32_t column = 0;  // in the schema, for its validity
    uint32_t offset = 0;
    Type type = nullptr;
  };
  struct Resolved {
    uint32_t schema = 0;
    uint32_t fixed_bytes = 0;
    std::vector<Step> steps;
  };
  struct Selection {
    OnlineSelection wanted;
    std::vector<Resolved> resolved;
    size_t last = 0;
  };

  const Resolved& resolve(Selection& selection, uint32_t schema);
  std::span<OnlineCell> cells(const Selection& selection, OnlineLookup& lookup);
  void read_cell(const char* row, size_t size, const Step& step, OnlineCell& cell);

  FindSchema find_schema_;
  std::vector<Selection> selections_;
  Arena arena_;
  int64_t now_us_ = 0;
};

}  // namespace weft
