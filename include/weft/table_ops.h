/// Verbs on whole tables, for object functions: filter, sort, join, group, reshape, describe.
///
/// ```cpp
/// FEATURE(Table, joined, (const Table& a, const Table& b)) { return left_join(a, b, {"id"}); }
/// FEATURE(Table, totals, (const Table& joined)) {
///   return group_by(joined, "city").aggregate({{"fare", "sum", "fare"}, {"trips", "count_all"}});
/// }
/// ```
/// All are eager, pure and thread-safe, make no threads, and give the same rows in the same order
/// every time. Unknown columns throw Error(kNotFound) with the nearest name, columns of types that
/// do not fit Error(kTypeMismatch), options that contradict each other Error(kInvalidArgument).
/// Keys: null equals null and NaN equals NaN, but in joins a null matches nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/table.h"

namespace weft {

/// One name or several: "id" or {"id", "day"}.
struct ColumnNames : std::vector<std::string> {
  ColumnNames() = default;
  ColumnNames(const char* name) : vector{name} {}             // NOLINT: "id" is a list of one
  ColumnNames(std::string name) : vector{std::move(name)} {}  // NOLINT
  ColumnNames(std::vector<std::string> names) : vector(std::move(names)) {}  // NOLINT
  ColumnNames(std::initializer_list<std::string> names) : vector(names) {}
};

// ---- rows -----------------------------------------------------------------------------------

/// The rows where `keep`, a column of bools, is true; null is not true.
Table filter(const Table& table, const ColumnData& keep);
/// The same by the name of a column of the table.
Table filter(const Table& table, std::string_view predicate);

enum class SortOrder : uint8_t { kAscending, kDescending };
inline constexpr SortOrder ascending = SortOrder::kAscending;
inline constexpr SortOrder descending = SortOrder::kDescending;

struct SortKey {
  std::string column;
  SortOrder order = ascending;
};
/// Stable. In either order NaN comes after all numbers and null after that. Texts by their bytes;
/// lists and structs have no order.
Table sort_by(const Table& table, const std::vector<SortKey>& keys);

Table head(const Table& table, int64_t rows);
Table tail(const Table& table, int64_t rows);
/// `rows` different rows drawn evenly, in the table's order; all if there are fewer. The same seed
/// draws the same rows on every machine.
Table sample(const Table& table, int64_t rows, uint64_t seed);

enum class Keep : uint8_t { kFirst, kLast };
/// One row of each key, in the table's order. No keys: whole rows.
Table distinct(const Table& table, const ColumnNames& keys = {}, Keep keep = Keep::kFirst);

/// One table under another: equal columns in equal order.
Table union_all(const std::vector<Table>& tables);
/// One table under another, columns in order of first appearance: null where a table lacks one;
/// types that differ widen to the widest.
Table union_by_name(const std::vector<Table>& tables);

// ---- joins ----------------------------------------------------------------------------------

/// A column of the left table and the one of the right that it equals.
struct JoinKey {
  JoinKey(const char* both) : left(both), right(both) {}  // NOLINT: "id" is id on both sides
  JoinKey(std::string both) : left(both), right(std::move(both)) {}  // NOLINT
  JoinKey(std::string of_left, std::string of_right)
      : left(std::move(of_left)), right(std::move(of_right)) {}

  std::string left;
  std::string right;
};
using JoinKeys = std::vector<JoinKey>;

/// How often a key may come on either side. Rows with a null key do not count.
enum class JoinShape : uint8_t { kManyToMany, kOneToOne, kOneToMany, kManyToOne };

struct JoinOptions {
  /// Put behind the name of a right column whose name the left has too; empty: that is an error.
  std::string suffix = {};
  /// Throws Error(kBadData) naming two rows of one key where the data has another shape.
  JoinShape validate = JoinShape::kManyToMany;
};

/// The left table's columns, then the right's but for its keys. Rows in the left's order, and for
/// one left row in the right's order; then, for right and full joins, the right rows that matched
/// nothing, in their order, their keys standing in the left's key columns. Keys are of equal types,
/// or int32 with int64, or float with double.
/// Cost: O(left + right + result) time and memory.
Table inner_join(const Table& left, const Table& right, const JoinKeys& keys,
                 const JoinOptions& options = {});
Table left_join(const Table& left, const Table& right, const JoinKeys& keys,
                const JoinOptions& options = {});
Table right_join(const Table& left, const Table& right, const JoinKeys& keys,
                 const JoinOptions& options = {});
Table full_join(const Table& left, const Table& right, const JoinKeys& keys,
                const JoinOptions& options = {});
/// The left rows that match, and those that do not.
Table semi_join(const Table& left, const Table& right, const JoinKeys& keys);
Table anti_join(const Table& left, const Table& right, const JoinKeys& keys);

enum class AsofDirection : uint8_t { kBackward, kForward, kNearest };

struct AsofOptions {
  JoinKeys by = {};  ///< none: all rows belong together
  std::string left_time;
  std::string right_time = {};  ///< empty: as left_time
  /// The greatest distance of times that still match, itself included; none: any. Zero: the same
  /// instant only. With times that are plain integers it counts in their unit.
  std::optional<Duration> ttl = {};
  AsofDirection direction = AsofDirection::kBackward;
  bool allow_exact = true;  ///< may the times be equal?
  std::string suffix = {};  ///< as in JoinOptions
};
/// Each left row with the one right row of its keys whose time is nearest: not after it (backward),
/// not before it (forward), or either way, where of equally near ones the earlier counts. Of rows
/// of one time the later row wins. Every left row comes once, in order; nulls stand where nothing
/// matches. A null time matches nothing. The right time is left out where it is named as the
/// left's. Cost: O((left + right) log right); neither side need be sorted.
Table asof_join(const Table& left, const Table& right, const AsofOptions& options);

// ---- groups ---------------------------------------------------------------------------------

/// A column of results: {"fare_mean", "mean", "fare"}, {"n", "count_all"},
/// {"p90", "quantile", "fare", {{"q", Value::of(0.9)}}}.
struct AggregateColumn {
  std::string name;
  std::string aggregate;     ///< by its name: mean, sum, count, min, max, stddev, first, list, ...
  ColumnNames columns = {};  ///< what it aggregates, as many as it takes
  Values options = {};
};

/// Rows by key, groups in order of first appearance. Cheap to copy.
class GroupBy {
 public:
  /// A row a group: the keys, then the results.
  Table aggregate(const std::vector<AggregateColumn>& columns) const;
  /// A row for each group and each value of `column` in it: the keys, the value, its "count".
  /// Groups in their order, in each the most frequent value first, then the earlier one.
  Table value_counts(std::string_view column) const;
  int64_t size() const;  ///< groups
  /// [rows] the group each row of the table is in, from 0.
  const std::vector<int32_t>& group_of_rows() const;

  struct State;

 private:
  friend GroupBy group_by(const Table& table, const ColumnNames& keys);
  std::shared_ptr<const State> state_;
};

/// No keys: all rows are one group.
GroupBy group_by(const Table& table, const ColumnNames& keys);

// ---- shapes ---------------------------------------------------------------------------------

struct PivotOptions {
  ColumnNames index;           ///< a row for each of its keys, in order of first appearance
  std::string columns;         ///< a column for each of its values, sorted
  ColumnNames values;          ///< what stands in the cells
  std::string aggregate = {};  ///< of the rows of a cell; empty: two rows of a cell are an error
  Values options = {};         ///< of the aggregate
};
/// Columns are named for the value they stand for, or with several `values` "fare_Oslo", ...: for
/// each of `values` in turn. A cell without rows is null. Throws Error(kBadData) where two rows
/// meet in a cell and no aggregate is given.
Table pivot(const Table& table, const PivotOptions& options);

struct UnpivotOptions {
  ColumnNames index = {};  ///< repeated beside every value
  ColumnNames on = {};     ///< columns that become rows; none given: all but `index`
  std::string variable = "variable";
  std::string value = "value";
};
/// A row for each row and column of `on`, column after column. Types widen to the widest.
Table unpivot(const Table& table, const UnpivotOptions& options);

struct OneHotOptions {
  std::vector<Value> categories = {};  ///< none given: all values but null, sorted
  std::string prefix = {};             ///< empty: the column's name
};
/// In place of the column a column of bools for each category, named "city_Oslo": is it that one?
/// A null, or a value that is no category, is none of them.
Table one_hot(const Table& table, std::string_view column, const OneHotOptions& options = {});

/// A row for each element of a list, in order; a null or empty list gives one row with a null.
Table explode(const Table& table, std::string_view column);

/// A row a column: "column", "type", "count" (values), "nulls", "min" and "max" (as text; null for
/// lists and structs), "mean" and "std" (of numbers and bools), "distinct" (values).
Table describe(const Table& table);

}  // namespace weft
