// What differs between two tables, by key.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "data/text_form.h"
#include "ops/group_ids.h"
#include "ops/join_rows.h"
#include "weft/compare.h"

namespace weft {
namespace {

// Rows of both sides that are the same row, and those that are alone.
struct MatchedRows {
  std::vector<int64_t> left;
  std::vector<int64_t> right;
  std::vector<int64_t> only_left;
  std::vector<int64_t> only_right;
};

MatchedRows by_number(int64_t left, int64_t right) {
  MatchedRows rows;
  for (int64_t i = 0; i < std::max(left, right); ++i) {
    if (i < left && i < right) {
      rows.left.push_back(i);
      rows.right.push_back(i);
    } else {
      (i < left ? rows.only_left : rows.only_right).push_back(i);
    }
  }
  return rows;
}

MatchedRows by_keys(const KeyPair& keys) {
  std::vector<Type> types;
  for (const ColumnData& key : keys.left) types.push_back(key.type());
  GroupIndex index(std::move(types), NullKeys::kEqual);
  const std::vector<int32_t> left = add_columns(index, keys.left);
  const std::vector<int32_t> right = find_columns(index, keys.right);
  const RowsOfGroups rows_left = rows_of_groups(left, index.size());
  std::vector<int64_t> taken(static_cast<size_t>(index.size()), 0);
  std::vector<char> has_partner(left.size(), 0);
  MatchedRows rows;
  for (size_t r = 0; r < right.size(); ++r) {
    const int32_t group = right[r];
    const auto g = static_cast<size_t>(std::max(group, 0));
    const bool is_there = group >= 0 && rows_left.start[g] + taken[g] < rows_left.start[g + 1];
    if (!is_there) {
      rows.only_right.push_back(static_cast<int64_t>(r));
      continue;
    }
    const int64_t l = rows_left.row[static_cast<size_t>(rows_left.start[g] + taken[g]++)];
    has_partner[static_cast<size_t>(l)] = 1;
    rows.left.push_back(l);
    rows.right.push_back(static_cast<int64_t>(r));
  }
  for (size_t l = 0; l < left.size(); ++l) {
    if (!has_partner[l]) rows.only_left.push_back(static_cast<int64_t>(l));
  }
  return rows;
}

std::optional<double> number_of(const Value& value) {
  if (!value.has_value() || !value.type()->is_number()) return {};
  return value.as(double_type()).get<double>();
}

bool are_alike(const Value& a, const Value& b, double tolerance) {
  if (a.equals(b)) return true;
  if (tolerance <= 0) return false;
  const auto x = number_of(a);
  const auto y = number_of(b);
  return x && y && std::abs(*x - *y) <= tolerance * std::max(std::abs(*x), std::abs(*y));
}

class Comparer {
 public:
  Comparer(const Table& left, const Table& right, const CompareOptions& options)
      : left_(left.load()), right_(right.load()), options_(options) {}

  TableDifference run() {
    if (options_.keys.empty()) {
      rows_ = by_number(left_.num_rows(), right_.num_rows());
    } else {
      JoinKeys keys;
      for (const std::string& key : options_.keys) keys.push_back(key);
      rows_ = by_keys(join_keys("compare_tables", left_, right_, keys));
    }
    out_.rows_compared = static_cast<int64_t>(rows_.left.size());
    out_.only_left = left_.take(rows_.only_left);
    out_.only_right = right_.take(rows_.only_right);
    const Table left = left_.take(rows_.left);
    const Table right = right_.take(rows_.right);
    for (const std::string& name : columns()) compare_column(left, right, name);
    finish(left);
    return std::move(out_);
  }

 private:
  std::vector<std::string> columns() const {
    if (!options_.columns.empty()) return options_.columns;
    std::vector<std::string> names;
    const auto add = [&](const Table& table) {
      for (const std::string& name : table.names()) {
        const bool known = std::ranges::find(names, name) != names.end() ||
                           std::ranges::find(options_.keys, name) != options_.keys.end();
        if (!known) names.push_back(name);
      }
    };
    add(left_);
    add(right_);
    return names;
  }

  void compare_column(const Table& left, const Table& right, const std::string& name) {
    if (left.has(name) != right.has(name)) {
      out_.schema.push_back(fmt::format("column {} is only on the {} side", quote(name),
                                        left.has(name) ? "left" : "right"));
      return;
    }
    const ColumnData a = left.column(name);
    const ColumnData b = right.column(name);
    if (a.type() != b.type()) {
      out_.schema.push_back(fmt::format("column {} is {} on the left side, {} on the right",
                                        quote(name), a.type()->name, b.type()->name));
      if (!a.type()->is_number() || !b.type()->is_number()) return;
    } else if (a.equals(b)) {
      return;
    }
    int64_t different = 0;
    for (int64_t i = 0; i < a.size(); ++i) {
      const Value x = a.at(i);
      const Value y = b.at(i);
      const bool alike =
          a.type() == b.type()
              ? are_alike(x, y, options_.tolerance)
              : x.has_value() == y.has_value() &&
                    (!x.has_value() ||
                     are_alike(x.as(double_type()), y.as(double_type()), options_.tolerance));
      if (alike) continue;
      ++different;
      if (static_cast<int64_t>(value_rows_.size()) >= options_.values_max) continue;
      value_rows_.push_back(i);
      value_columns_.push_back(name);
      value_left_.push_back(x.to_string());
      value_right_.push_back(y.to_string());
    }
    if (different > 0) out_.columns.emplace_back(name, different);
  }

  void finish(const Table& left) {
    std::vector<std::pair<std::string, ColumnData>> columns;
    for (const std::string& key : options_.keys) {
      columns.emplace_back(key, left.column(key).take(value_rows_));
    }
    if (options_.keys.empty()) columns.emplace_back("row", ColumnData::of(value_rows_));
    columns.emplace_back("column", ColumnData::of(value_columns_));
    columns.emplace_back("left", ColumnData::of(value_left_));
    columns.emplace_back("right", ColumnData::of(value_right_));
    out_.values = Table(std::move(columns));
  }

  Table left_;
  Table right_;
  const CompareOptions& options_;
  MatchedRows rows_;
  TableDifference out_;
  std::vector<int64_t> value_rows_;
  std::vector<std::string> value_columns_;
  std::vector<std::string> value_left_;
  std::vector<std::string> value_right_;
};

}  // namespace

bool TableDifference::empty() const {
  return only_left.num_rows() == 0 && only_right.num_rows() == 0 && columns.empty() &&
         schema.empty();
}

std::string TableDifference::to_string(int64_t rows_max) const {
  std::string text =
      fmt::format("{} rows on both sides, {} only on the left, {} only on the right\n",
                  rows_compared, only_left.num_rows(), only_right.num_rows());
  for (const std::string& line : schema) text += line + "\n";
  for (const auto& [name, different] : columns) {
    text += fmt::format("{}: {} of {} values differ\n", name, different, rows_compared);
  }
  if (values.num_rows() > 0) text += values.to_string(rows_max) + "\n";
  if (only_left.num_rows() > 0)
    text += "only on the left:\n" + only_left.to_string(rows_max) + "\n";
  if (only_right.num_rows() > 0) {
    text += "only on the right:\n" + only_right.to_string(rows_max) + "\n";
  }
  return text;
}

TableDifference compare_tables(const Table& left, const Table& right,
                               const CompareOptions& options) {
  return Comparer(left, right, options).run();
}

}  // namespace weft
