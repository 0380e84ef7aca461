// One case in every context: the batch against what is expected, the others against the batch.
#include <fmt/format.h>

#include "data/text_form.h"
#include "testing/batch_values.h"
#include "testing/yaml_value.h"
#include "weft/module.h"
#include "weft/testing.h"

namespace weft::testing {
namespace {

constexpr size_t kDifferencesMax = 5;

Module find_module(const std::string& name, const std::vector<Module>& modules) {
  for (const auto& module : modules) {
    if (module.name == name) return module;
  }
  return compiled_module(name);
}

// Bit for bit, but any NaN is any NaN: -0.0 is not 0.0, as it is for Value::equals().
bool same_bits(const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  return ColumnData::of_values(a.type(), {&a, 1}).equals(ColumnData::of_values(b.type(), {&b, 1}));
}

class CaseRun {
 public:
  CaseRun(const Case& c, const std::vector<Module>& modules) : case_(c), report_{&c} {
    if (c.modules.empty()) modules_ = modules;
    for (const auto& name : c.modules) modules_.push_back(find_module(name, modules));
  }

  CaseReport run() {
    try {
      batch();
    } catch (const Error& e) {
      expect_error(e);
      return report_;
    }
    if (case_.error_code) {
      fail(fmt::format("expected the error {}, but it ran", *case_.error_code));
      return report_;
    }
    compare_with_expected();
    if (report_.passed) guarded(Context::kStream, [this] { stream(); });
    if (report_.passed) guarded(Context::kOnline, [this] { online(); });
    return report_;
  }

  std::map<std::string, Value> batch_values() {
    batch();
    return std::move(batch_);
  }

 private:
  void fail(std::string message) {
    report_.passed = false;
    if (report_.message.empty()) report_.message = std::move(message);
  }

  void expect_error(const Error& e) {
    if (!case_.error_code) return fail(e.what());
    if (error_code_name(e.code()) != *case_.error_code) {
      return fail(fmt::format("expected the error {}, found {}: {}", *case_.error_code,
                              error_code_name(e.code()), e.what()));
    }
    for (const auto& part : case_.error_parts) {
      if (std::string_view(e.what()).find(part) == std::string_view::npos) {
        return fail(fmt::format("expected an error with {}, found: {}", quote(part), e.what()));
      }
    }
  }

  PlanOptions options(Context context) const {
    PlanOptions options;
    options.context = context;
    options.choices = case_.choices;
    for (const auto& [name, values] : case_.columns) options.shapes[name] = Shape::kColumn;
    for (const auto& [name, value] : case_.scalars) options.shapes[name] = Shape::kScalar;
    for (const auto& [name, value] : case_.overrides) {
      options.overrides.insert(name);
      options.shapes[name] = Shape::kScalar;
    }
    for (const auto& [name, values] : case_.columns) {
      const auto node = driver_->graph().find(name);
      if (node && driver_->graph().node(*node).role != Role::kInput) options.overrides.insert(name);
    }
    return options;
  }

  static ColumnData column_of(const ValueList& values, Type type) {
    ValueList typed;
    for (const Value& value : values) typed.push_back(value_as(value, type));
    return ColumnData::of_values(type, typed);
  }

  // Everything the plan takes and the case gives, as the plan's types.
  Values inputs_of(const Plan& plan) const {
    Values inputs;
    for (const auto& input : plan.inputs()) {
      for (const auto* given : {&case_.scalars, &case_.overrides}) {
        const auto it = given->find(input.name);
        if (it != given->end()) inputs[input.name] = value_as(it->second, input.type);
      }
      const auto column = case_.columns.find(input.name);
      if (column != case_.columns.end()) {
        inputs[input.name] =
            Value::of(column_of(column->second, type_of_input(input, column->second)));
      }
    }
    return inputs;
  }

  static Type type_of_input(const Plan::Input& input, const ValueList& values) {
    if (input.type) return input.type;
    for (const Value& value : values) {
      if (value.has_value()) return value.type();
    }
    return double_type();
  }

  void batch() {
    driver_.emplace(modules_, case_.config, DriverOptions{.threads = 2});
    const Plan plan = driver_->plan(case_.outputs, options(Context::kBatch));
    const Result result = plan.run(inputs_of(plan));
    for (const auto& name : case_.outputs) batch_[name] = result.at(name);
    fit_ = std::make_shared<const Fit>(result.fit(case_.name));
    report_.contexts.emplace_back("batch");
  }

  void compare_with_expected() {
    for (const auto& [name, values] : case_.expect_columns) {
      const auto* column = batch_[name].get_if<ColumnData>();
      if (!column) {
        // A list may be what a single list value looks like in YAML.
        compare_value(name, list_value(values, batch_[name].type()));
        continue;
      }
      const std::string text =
          difference(Table{{name, column_of(values, column->type())}}, Table{{name, *column}});
      if (!text.empty()) fail(text);
    }
    for (const auto& [name, value] : case_.expect_scalars) compare_value(name, value);
  }

  static Value list_value(const ValueList& values, Type type) {
    return value_as(Value::of(values), type);
  }

  void compare_value(const std::string& name, const Value& expected) {
    const Value& found = batch_[name];
    const Value typed = value_as(expected, found.type());
    if (!typed.equals(found)) {
      fail(fmt::format("{}: expected {}, found {}", name, typed.to_string(), found.to_string()));
    }
  }

  // A context that has no meaning for the case has to be refused, with the reason the case names.
  template <class F>
  void guarded(Context context, F run) {
    const auto refused = case_.refused.find(context);
    try {
      run();
    } catch (const Error& e) {
      if (refused == case_.refused.end()) {
        return fail(fmt::format("{}: {}", context_name(context), e.what()));
      }
      if (std::string_view(e.what()).find(refused->second) == std::string_view::npos) {
        return fail(fmt::format("{}: expected to be refused with {}, found: {}",
                                context_name(context), quote(refused->second), e.what()));
      }
      return;
    }
    if (refused != case_.refused.end()) {
      return fail(fmt::format("{}: expected to be refused, but it ran", context_name(context)));
    }
    if (report_.passed) report_.contexts.emplace_back(context_name(context));
  }

  Plan plan_by_rows(Context context) {
    PlanOptions o = options(context);
    if (!case_.refused.contains(context)) {
      o.choice = Choice::kFitted;
      o.fit = fit_;
    }
    return driver_->plan(case_.outputs, o);
  }

  int64_t rows() const {
    return case_.columns.empty() ? 0 : static_cast<int64_t>(case_.columns.begin()->second.size());
  }

  void stream() {
    const Plan plan = plan_by_rows(Context::kStream);
    const Values all = inputs_of(plan);
    for (const int64_t size : {int64_t{1}, int64_t{3}, int64_t{64}}) {
      std::map<std::string, std::vector<Table>> parts;
      for (int64_t from = 0; from < rows(); from += size) {
        Values batch = all;
        for (auto& [name, value] : batch) {
          if (const auto* column = value.get_if<ColumnData>()) {
            value = Value::of(column->slice(from, std::min(size, rows() - from)));
          }
        }
        collect(plan.run(batch), parts);
      }
      if (rows() == 0) collect(plan.run(all), parts);
      for (const auto& [name, tables] : parts) {
        compare_column(fmt::format("stream, batches of {}", size), name, Table::concat(tables));
      }
    }
  }

  void collect(const Result& result, std::map<std::string, std::vector<Table>>& parts) {
    for (const auto& name : case_.outputs) {
      const Value value = result.at(name);
      if (const auto* column = value.get_if<ColumnData>()) {
        parts[name].push_back(Table{{name, *column}});
      } else if (!value.type()->is_object() && !same_bits(value, batch_[name])) {
        fail(fmt::format("stream: {}: the batch gives {}, found {}", name, batch_[name].to_string(),
                         value.to_string()));
      }
    }
  }

  void compare_column(const std::string& where, const std::string& name, const Table& found) {
    const auto* expected = batch_[name].get_if<ColumnData>();
    if (!expected)
      return fail(fmt::format("{}: {} is a column, but not in the batch", where, name));
    const std::string text = difference(Table{{name, *expected}}, found);
    if (!text.empty()) fail(where + ": differs from the batch: " + text);
  }

  void online() {
    const Plan plan = plan_by_rows(Context::kOnline);
    const Values all = inputs_of(plan);
    RowRunner runner = plan.rows();
    const int64_t n = case_.columns.empty() ? 1 : rows();
    for (int64_t row = 0; row < n; ++row) {
      for (const auto& [name, value] : all) {
        const auto* column = value.get_if<ColumnData>();
        runner.set_value(runner.input(name), column ? column->at(row) : value);
      }
      runner.run();
      for (const auto& name : case_.outputs) {
        const Value found = runner.value(runner.output(name));
        const auto* column = batch_[name].get_if<ColumnData>();
        const Value expected = column ? column->at(row) : batch_[name];
        if (found.type()->is_object() || same_bits(found, expected)) continue;
        fail(fmt::format("online, row {}: {}: the batch gives {}, found {}", row, name,
                         expected.to_string(), found.to_string()));
      }
    }
  }

  const Case& case_;
  CaseReport report_;
  std::vector<Module> modules_;
  std::optional<Driver> driver_;
  std::map<std::string, Value> batch_;
  std::shared_ptr<const Fit> fit_;
};

}  // namespace

std::string difference(const Table& expected, const Table& found) {
  std::string text;
  size_t count = 0;
  const auto add = [&](const std::string& line) {
    if (++count <= kDifferencesMax) text += (text.empty() ? "" : "\n") + line;
  };
  for (const auto& name : expected.names()) {
    if (!found.has(name)) add("column " + name + " is missing");
  }
  for (const auto& name : found.names()) {
    if (!expected.has(name)) add("column " + name + " was not expected");
  }
  for (const auto& name : expected.names()) {
    if (!found.has(name)) continue;
    const ColumnData a = expected.column(name);
    const ColumnData b = found.column(name);
    if (a.type() != b.type()) {
      add(fmt::format("column {}: expected {}, found {}", name, a.type()->name, b.type()->name));
      continue;
    }
    if (a.size() != b.size()) {
      add(fmt::format("column {}: expected {} rows, found {}", name, a.size(), b.size()));
    }
    if (a.equals(b)) continue;
    for (int64_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      const Value left = a.at(i);
      const Value right = b.at(i);
      if (left.equals(right)) continue;
      add(fmt::format("row {}, column {}: expected {}, found {}", i, name, left.to_string(),
                      right.to_string()));
    }
  }
  if (count > kDifferencesMax) text += fmt::format("\nand {} more", count - kDifferencesMax);
  return text;
}

std::map<std::string, Value> batch_values(const Case& c, const std::vector<Module>& modules) {
  return CaseRun(c, modules).batch_values();
}

CaseReport run_case(const Case& c, const std::vector<Module>& modules) {
  return CaseRun(c, modules).run();
}

}  // namespace weft::testing
