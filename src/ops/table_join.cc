// Joins by equal keys.
#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "data/arrow.h"
#include "data/text_form.h"
#include "ops/group_ids.h"
#include "ops/join_rows.h"

namespace weft {
namespace {

// Both integers, or both floating point: what widens without losing a digit. All nulls are any.
Type key_type(const ColumnData& left, const ColumnData& right) {
  const auto is_integer = [](Type t) { return t->kind == Kind::kInt32 || t->kind == Kind::kInt64; };
  const Type a = left.type();
  const Type b = right.type();
  if (a == b) return a;
  if (left.null_count() == left.size()) return b;
  if (right.null_count() == right.size()) return a;
  if (!a->is_number() || !b->is_number() || is_integer(a) != is_integer(b)) return nullptr;
  return widens(a, b) ? b : a;
}

}  // namespace

KeyPair join_keys(const char* verb, const Table& left, const Table& right, const JoinKeys& keys) {
  KeyPair pair;
  std::vector<std::string> left_names;
  std::vector<std::string> right_names;
  for (const JoinKey& key : keys) {
    left_names.push_back(key.left);
    right_names.push_back(key.right);
  }
  pair.left = columns_named(left, left_names);
  pair.right = columns_named(right, right_names);
  for (size_t k = 0; k < keys.size(); ++k) {
    const Type type = key_type(pair.left[k], pair.right[k]);
    if (!type) {
      throw Error(
          ErrorCode::kTypeMismatch,
          fmt::format("{}: key column {} of the left table is {}, and {} of the right is {}", verb,
                      quote(left_names[k]), pair.left[k].type()->name, quote(right_names[k]),
                      pair.right[k].type()->name));
    }
    pair.left[k] = pair.left[k].as(type);
    pair.right[k] = pair.right[k].as(type);
  }
  return pair;
}

KeyedRows group_both(const KeyPair& keys) {
  std::vector<Type> types;
  for (const ColumnData& key : keys.left) types.push_back(key.type());
  GroupIndex index(std::move(types), NullKeys::kLeftOut);
  KeyedRows rows;
  if (keys.left[0].size() < keys.right[0].size()) {
    rows.left = add_columns(index, keys.left);
    rows.right = find_columns(index, keys.right);
  } else {
    rows.right = add_columns(index, keys.right);
    rows.left = find_columns(index, keys.left);
  }
  rows.groups = index.size();
  return rows;
}

RowsOfGroups rows_of_groups(std::span<const int32_t> group, int32_t groups) {
  RowsOfGroups out;
  out.start.resize(static_cast<size_t>(groups) + 1);
  for (const int32_t g : group) {
    if (g >= 0) ++out.start[static_cast<size_t>(g) + 1];
  }
  std::partial_sum(out.start.begin(), out.start.end(), out.start.begin());
  out.row.resize(static_cast<size_t>(out.start.back()));
  std::vector<int64_t> at(out.start.begin(), out.start.end() - 1);
  for (size_t i = 0; i < group.size(); ++i) {
    if (group[i] < 0) continue;
    out.row[static_cast<size_t>(at[static_cast<size_t>(group[i])]++)] = static_cast<int64_t>(i);
  }
  return out;
}

void add_right_columns(const char* verb, NamedColumns& columns, const Table& right,
                       std::span<const std::string> dropped, std::span<const int64_t> rows,
                       const std::string& suffix) {
  const auto is_taken = [&](const std::string& name) {
    return std::ranges::any_of(columns, [&](const auto& c) { return c.first == name; });
  };
  for (const auto& name : right.names()) {
    if (std::ranges::find(dropped, name) != dropped.end()) continue;
    std::string as = name;
    if (is_taken(as)) {
      if (suffix.empty()) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("{}: both tables have a column {}; drop or rename one, or give a "
                                "suffix for the right's",
                                verb, quote(name)));
      }
      as += suffix;
      if (is_taken(as) || right.has(as)) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("{}: both tables have a column {}, and with the suffix it is {}, "
                                "which exists too",
                                verb, quote(name), quote(as)));
      }
    }
    columns.emplace_back(as, right.column(name).take(rows));
  }
}

namespace {

struct Matches {
  std::vector<int64_t> left;  // -1: a right row that matched nothing
  std::vector<int64_t> right;
  bool all_left_once = true;  // left is 0, 1, 2, ..., but for the end
  size_t right_only = 0;      // rows at the end
};

struct Kept {
  bool left;   // left rows that match nothing
  bool right;  // right rows that match nothing
};

Matches match(const KeyedRows& keyed, const RowsOfGroups& right, Kept kept) {
  Matches m;
  m.left.reserve(keyed.left.size());
  m.right.reserve(keyed.left.size());
  for (size_t i = 0; i < keyed.left.size(); ++i) {
    const int32_t group = keyed.left[i];
    const auto g = static_cast<size_t>(std::max(group, 0));
    const int64_t begin = group < 0 ? 0 : right.start[g];
    const int64_t end = group < 0 ? 0 : right.start[g + 1];
    if (begin == end && kept.left) {
      m.left.push_back(static_cast<int64_t>(i));
      m.right.push_back(-1);
    }
    m.all_left_once &= end - begin == 1 || (begin == end && kept.left);
    for (int64_t at = begin; at < end; ++at) {
      m.left.push_back(static_cast<int64_t>(i));
      m.right.push_back(right.row[static_cast<size_t>(at)]);
    }
  }
  if (!kept.right) return m;
  std::vector<char> group_matched(static_cast<size_t>(keyed.groups));
  for (const int32_t g : keyed.left) {
    if (g >= 0) group_matched[static_cast<size_t>(g)] = 1;
  }
  for (size_t i = 0; i < keyed.right.size(); ++i) {
    const int32_t g = keyed.right[i];
    if (g >= 0 && group_matched[static_cast<size_t>(g)]) continue;
    m.left.push_back(-1);
    m.right.push_back(static_cast<int64_t>(i));
    ++m.right_only;
  }
  return m;
}

// Two rows of one key are named by their numbers: values may be private.
void check_unique(const char* verb, const char* side, const std::vector<ColumnData>& keys) {
  const GroupIds ids = group_rows(keys, NullKeys::kLeftOut);
  std::vector<char> seen(ids.first_rows.size());
  for (size_t i = 0; i < ids.group.size(); ++i) {
    if (ids.group[i] < 0) continue;
    const auto g = static_cast<size_t>(ids.group[i]);
    if (seen[g]) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("{}: the keys of the {} table have to be unique, but its rows {} and "
                              "{} (from 0) have the same",
                              verb, side, ids.first_rows[g], i));
    }
    seen[g] = 1;
  }
}

void check_shape(const char* verb, const KeyPair& keys, JoinShape shape) {
  if (shape == JoinShape::kOneToOne || shape == JoinShape::kOneToMany) {
    check_unique(verb, "left", keys.left);
  }
  if (shape == JoinShape::kOneToOne || shape == JoinShape::kManyToOne) {
    check_unique(verb, "right", keys.right);
  }
}

// The left's key where there is a left row, else the right's.
ColumnData merged_key(const ColumnData& left, const ColumnData& right, const Matches& m) {
  arrow::ArrayVector chunks = {one_array(left), one_array(right)};
  const auto both =
      std::make_shared<arrow::ChunkedArray>(value_or_throw(arrow::Concatenate(chunks), "joining"));
  std::vector<int64_t> rows = m.left;
  for (size_t i = rows.size() - m.right_only; i < rows.size(); ++i) {
    rows[i] = left.size() + m.right[i];
  }
  return column_of(left.type(), both).take(rows);
}

void check_keys(const char* verb, const JoinKeys& keys) {
  if (!keys.empty()) return;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{}: no key columns are given", verb));
}

Table join(const char* verb, const Table& left_table, const Table& right_table,
           const JoinKeys& keys, const JoinOptions& options, Kept kept) {
  check_keys(verb, keys);
  const Table left = left_table.load();
  const Table right = right_table.load();
  const KeyPair pair = join_keys(verb, left, right, keys);
  check_shape(verb, pair, options.validate);
  const KeyedRows keyed = group_both(pair);
  const Matches m = match(keyed, rows_of_groups(keyed.right, keyed.groups), kept);
  const bool left_as_it_is = m.all_left_once && m.right_only == 0;

  NamedColumns columns;
  for (const auto& name : left.names()) {
    const auto key = std::ranges::find(keys, name, &JoinKey::left);
    if (m.right_only > 0 && key != keys.end()) {
      const auto k = static_cast<size_t>(key - keys.begin());
      columns.emplace_back(name, merged_key(pair.left[k], pair.right[k], m));
    } else {
      const ColumnData column = left.column(name);
      columns.emplace_back(name, left_as_it_is ? column : column.take(m.left));
    }
  }
  std::vector<std::string> dropped;
  for (const JoinKey& key : keys) dropped.push_back(key.right);
  add_right_columns(verb, columns, right, dropped, m.right, options.suffix);
  return Table(std::move(columns));
}

Table join_existence(const char* verb, const Table& left_table, const Table& right_table,
                     const JoinKeys& keys, bool exists) {
  check_keys(verb, keys);
  const Table left = left_table.load();
  const KeyPair pair = join_keys(verb, left, right_table, keys);
  GroupIndex index(
      [&] {
        std::vector<Type> types;
        for (const ColumnData& key : pair.right) types.push_back(key.type());
        return types;
      }(),
      NullKeys::kLeftOut);
  add_columns(index, pair.right);
  const std::vector<int32_t> found = find_columns(index, pair.left);
  std::vector<int64_t> rows;
  for (size_t i = 0; i < found.size(); ++i) {
    if ((found[i] >= 0) == exists) rows.push_back(static_cast<int64_t>(i));
  }
  return left.take(rows);
}

}  // namespace

Table inner_join(const Table& left, const Table& right, const JoinKeys& keys,
                 const JoinOptions& options) {
  return join("inner_join", left, right, keys, options, {false, false});
}
Table left_join(const Table& left, const Table& right, const JoinKeys& keys,
                const JoinOptions& options) {
  return join("left_join", left, right, keys, options, {true, false});
}
Table right_join(const Table& left, const Table& right, const JoinKeys& keys,
                 const JoinOptions& options) {
  return join("right_join", left, right, keys, options, {false, true});
}
Table full_join(const Table& left, const Table& right, const JoinKeys& keys,
                const JoinOptions& options) {
  return join("full_join", left, right, keys, options, {true, true});
}
Table semi_join(const Table& left, const Table& right, const JoinKeys& keys) {
  return join_existence("semi_join", left, right, keys, true);
}
Table anti_join(const Table& left, const Table& right, const JoinKeys& keys) {
  return join_existence("anti_join", left, right, keys, false);
}

}  // namespace weft
