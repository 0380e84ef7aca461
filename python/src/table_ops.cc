// Verbs on whole tables (weft/table_ops.h). Tables are whatever has Arrow's interface.
#include "weft/table_ops.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>

#include "bind.h"
#include "names.h"
#include "times.h"

namespace weft::python {
namespace {

template <class F>
auto unlocked(F work) {
  const nb::gil_scoped_release release;
  return work();
}

// A name, or an iterable of names.
ColumnNames names_of(nb::handle object) {
  if (nb::isinstance<nb::str>(object)) return {nb::cast<std::string>(object)};
  return strings_from_python(object);
}

// "id", ["id", "day"] or {"of_left": "of_right"}.
JoinKeys join_keys_of(nb::handle object) {
  JoinKeys keys;
  if (nb::isinstance<nb::dict>(object)) {
    for (const auto& [left, right] : nb::borrow<nb::dict>(object)) {
      keys.emplace_back(nb::cast<std::string>(left), nb::cast<std::string>(right));
    }
    return keys;
  }
  for (const std::string& name : names_of(object)) keys.emplace_back(name);
  return keys;
}

// One of a few names, in the order of the enumeration.
template <class E, size_t N>
E one_of(const char* what, const std::array<const char*, N>& names, const std::string& name) {
  std::string all;
  for (size_t i = 0; i < N; ++i) {
    if (name == names[i]) return static_cast<E>(i);
    all += (all.empty() ? "" : ", ") + std::string(names[i]);
  }
  throw Error(ErrorCode::kInvalidArgument,
              std::string(what) + " is one of " + all + ", not '" + name + "'");
}

constexpr std::array kShapes = {"many_to_many", "one_to_one", "one_to_many", "many_to_one"};
constexpr std::array kDirections = {"backward", "forward", "nearest"};

void bind_join(nb::module_& m, const char* name, const char* doc,
               Table (*join)(const Table&, const Table&, const JoinKeys&, const JoinOptions&)) {
  m.def(
      name,
      [join](const nb::object& left, const nb::object& right, const nb::object& keys,
             const std::string& suffix, const std::string& validate) {
        const Table a = table_from_python(left);
        const Table b = table_from_python(right);
        const JoinKeys on = join_keys_of(keys);
        const JoinOptions options = {suffix, one_of<JoinShape>("validate", kShapes, validate)};
        return unlocked([&] { return join(a, b, on, options); });
      },
      nb::arg("left"), nb::arg("right"), nb::arg("keys"), nb::kw_only(), nb::arg("suffix") = "",
      nb::arg("validate") = "many_to_many", doc);
}

void bind_matching(nb::module_& m, const char* name, const char* doc,
                   Table (*join)(const Table&, const Table&, const JoinKeys&)) {
  m.def(
      name,
      [join](const nb::object& left, const nb::object& right, const nb::object& keys) {
        const Table a = table_from_python(left);
        const Table b = table_from_python(right);
        const JoinKeys on = join_keys_of(keys);
        return unlocked([&] { return join(a, b, on); });
      },
      nb::arg("left"), nb::arg("right"), nb::arg("keys"), doc);
}

void bind_joins(nb::module_& m) {
  bind_join(
      m, "inner_join",
      "The left columns, then the right's but for its keys; rows in the left's order. `keys` "
      "is a name, a list of names or {left: right}; `suffix` goes behind right names that the "
      "left has too; `validate` is many_to_many, one_to_one, one_to_many or many_to_one.",
      &inner_join);
  bind_join(m, "left_join", "As inner_join(); every left row comes.", &left_join);
  bind_join(m, "right_join",
            "As inner_join(); then the right rows that matched nothing, in their order.",
            &right_join);
  bind_join(m, "full_join", "As left_join() and right_join() together.", &full_join);
  bind_matching(m, "semi_join", "The left rows that match.", &semi_join);
  bind_matching(m, "anti_join", "The left rows that do not match.", &anti_join);
  m.def(
      "asof_join",
      [](const nb::object& left, const nb::object& right, const std::string& left_time,
         const std::string& right_time, const nb::object& by, const nb::object& ttl,
         const std::string& direction, bool allow_exact, const std::string& suffix) {
        const Table a = table_from_python(left);
        const Table b = table_from_python(right);
        AsofOptions options;
        options.by = join_keys_of(by);
        options.left_time = left_time;
        options.right_time = right_time;
        if (!ttl.is_none()) options.ttl = duration_from_python(ttl);
        options.direction = one_of<AsofDirection>("direction", kDirections, direction);
        options.allow_exact = allow_exact;
        options.suffix = suffix;
        return unlocked([&] { return asof_join(a, b, options); });
      },
      nb::arg("left"), nb::arg("right"), nb::kw_only(), nb::arg("left_time"),
      nb::arg("right_time") = "", nb::arg("by") = nb::list(), nb::arg("ttl") = nb::none(),
      nb::arg("direction") = "backward", nb::arg("allow_exact") = true, nb::arg("suffix") = "",
      "Each left row with the right row of its keys whose time is nearest: not after it "
      "(backward), "
      "not before it (forward), or either way (nearest); at most `ttl` away, itself included.");
}

// ("name", "aggregate", columns) or ("name", "aggregate", columns, {options}).
AggregateColumn aggregate_column_of(nb::handle object) {
  const nb::tuple row(nb::borrow(object));
  if (row.size() < 2 || row.size() > 4) {
    throw Error(ErrorCode::kInvalidArgument,
                "a column of results is (name, aggregate[, columns[, options]])");
  }
  AggregateColumn column;
  column.name = nb::cast<std::string>(row[0]);
  column.aggregate = nb::cast<std::string>(row[1]);
  if (row.size() > 2) column.columns = names_of(row[2]);
  if (row.size() > 3) column.options = values_from_python(nb::cast<nb::dict>(row[3]));
  return column;
}

void bind_groups(nb::module_& m) {
  nb::class_<GroupBy>(m, "GroupBy", "Rows by key, groups in order of first appearance.")
      .def(
          "aggregate",
          [](const GroupBy& groups, const nb::iterable& columns) {
            std::vector<AggregateColumn> wanted;
            for (const nb::handle column : columns) wanted.push_back(aggregate_column_of(column));
            return unlocked([&] { return groups.aggregate(wanted); });
          },
          nb::arg("columns"),
          "A row a group: the keys, then the results. A column is (\"fare_mean\", \"mean\", "
          "\"fare\"), "
          "(\"n\", \"count_all\") or (\"p90\", \"quantile\", \"fare\", {\"q\": 0.9}).")
      .def("value_counts", &GroupBy::value_counts, nb::arg("column"),
           nb::call_guard<nb::gil_scoped_release>(),
           "A row for each group and each value of `column` in it: the keys, the value, its count.")
      .def("__len__", &GroupBy::size);
  m.def(
      "group_by",
      [](const nb::object& table, const nb::object& keys) {
        const Table rows = table_from_python(table);
        const ColumnNames names = names_of(keys);
        return unlocked([&] { return group_by(rows, names); });
      },
      nb::arg("table"), nb::arg("keys") = nb::list(), "No keys: all rows are one group.");
}

void bind_rows(nb::module_& m) {
  m.def(
      "distinct_rows",
      [](const nb::object& table, const nb::object& keys, const std::string& keep) {
        const Table rows = table_from_python(table);
        const ColumnNames names = names_of(keys);
        const Keep which = one_of<Keep>("keep", std::array{"first", "last"}, keep);
        return unlocked([&] { return distinct(rows, names, which); });
      },
      nb::arg("table"), nb::arg("keys") = nb::list(), nb::arg("keep") = "first",
      "One row of each key, in the table's order. No keys: whole rows.");
  m.def(
      "filter_rows",
      [](const nb::object& table, const nb::object& keep) {
        const Table rows = table_from_python(table);
        if (nb::isinstance<nb::str>(keep)) {
          const auto predicate = nb::cast<std::string>(keep);
          return unlocked([&] { return filter(rows, predicate); });
        }
        const ColumnData column = column_from_python(keep);
        return unlocked([&] { return filter(rows, column); });
      },
      nb::arg("table"), nb::arg("keep"),
      "The rows where `keep`, a column of bools or the name of one, is true; null is not true.");
  m.def(
      "sort_by",
      [](const nb::object& table, const nb::object& keys, const nb::object& descending_keys) {
        const Table rows = table_from_python(table);
        const ColumnNames down = names_of(descending_keys);
        std::vector<SortKey> order;
        for (const std::string& name : names_of(keys)) {
          const bool is_down = std::ranges::find(down, name) != down.end();
          order.push_back({name, is_down ? descending : ascending});
        }
        return unlocked([&] { return sort_by(rows, order); });
      },
      nb::arg("table"), nb::arg("keys"), nb::kw_only(), nb::arg("descending") = nb::list(),
      "Stable. NaN comes after all numbers and null after that, whichever way; `descending` names "
      "those of the keys that count down.");
  m.def(
      "union_by_name",
      [](const nb::iterable& tables) {
        std::vector<Table> all;
        for (const nb::handle table : tables) all.push_back(table_from_python(table));
        return unlocked([&] { return union_by_name(all); });
      },
      nb::arg("tables"),
      "One table under another: null where a table lacks a column, types widened.");
}

void bind_shapes(nb::module_& m) {
  m.def(
      "pivot",
      [](const nb::object& table, const nb::object& index, const std::string& columns,
         const nb::object& values, const std::string& aggregate, const nb::dict& options) {
        const Table rows = table_from_python(table);
        const PivotOptions wanted = {names_of(index), columns, names_of(values), aggregate,
                                     values_from_python(options)};
        return unlocked([&] { return pivot(rows, wanted); });
      },
      nb::arg("table"), nb::kw_only(), nb::arg("index"), nb::arg("columns"), nb::arg("values"),
      nb::arg("aggregate") = "", nb::arg("options") = nb::dict(),
      "A row for each key of `index`, a column for each value of `columns`. Without an aggregate "
      "two rows of one cell are BadDataError.");
  m.def(
      "unpivot",
      [](const nb::object& table, const nb::object& index, const nb::object& on,
         const std::string& variable, const std::string& value) {
        const Table rows = table_from_python(table);
        const UnpivotOptions wanted = {names_of(index), names_of(on), variable, value};
        return unlocked([&] { return unpivot(rows, wanted); });
      },
      nb::arg("table"), nb::kw_only(), nb::arg("index") = nb::list(), nb::arg("on") = nb::list(),
      nb::arg("variable") = "variable", nb::arg("value") = "value",
      "A row for each row and column of `on` (none given: all but `index`), column after column.");
  m.def(
      "explode",
      [](const nb::object& table, const std::string& column) {
        const Table rows = table_from_python(table);
        return unlocked([&] { return explode(rows, column); });
      },
      nb::arg("table"), nb::arg("column"),
      "A row for each element of a list; a null or empty list gives one row with a null.");
  m.def(
      "describe",
      [](const nb::object& table) {
        const Table rows = table_from_python(table);
        return unlocked([&] { return describe(rows); });
      },
      nb::arg("table"), "A row a column: type, count, nulls, min, max, mean, std, distinct.");
}

}  // namespace

void bind_table_ops(nb::module_& m) {
  bind_rows(m);
  bind_joins(m);
  bind_groups(m);
  bind_shapes(m);
}

}  // namespace weft::python
