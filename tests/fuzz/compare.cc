#include "compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

namespace weft::fuzz {
namespace {

// A difference or an error that another context does not have.
struct Mismatch {
  std::string text;
};

[[noreturn]] void mismatch(std::string text) { throw Mismatch{std::move(text)}; }

// "n3, row 17: no root (given c0 = -1)": the feature, the row, and the rest.
struct RowFailure {
  std::string node;
  int64_t row = -1;
  std::string rest;
};

std::optional<RowFailure> row_failure(const Error& e) {
  if (e.code() != ErrorCode::kFunctionFailed) return {};
  const std::string& message = e.message();
  const size_t comma = message.find(", row ");
  const size_t colon = message.find(": ");
  if (comma == message.npos || colon == message.npos || comma > colon) return {};
  return RowFailure{message.substr(0, comma), std::stoll(message.substr(comma + 6)),
                    message.substr(colon)};
}

// A request has no row number. Steps of expressions that several nodes share are called after one
// of those that are planned.
std::string without_row(const Error& e) {
  static const std::regex kName(R"((\(given |, )[a-z0-9_]+ = )");
  const auto failure = row_failure(e);
  return std::regex_replace(failure ? failure->node + failure->rest : e.message(), kName, "$1");
}

void compare_values(const std::string& where, const std::string& name, const Value& expected,
                    const Value& found) {
  if (same_bits(expected, found)) return;
  mismatch(fmt::format("{}: {}: the batch gives {} {}, found {} {}", where, name,
                       expected.type() ? expected.type()->name : "?", expected.to_string(),
                       found.type() ? found.type()->name : "?", found.to_string()));
}

void compare_columns(const std::string& where, const std::string& name, const ColumnData& expected,
                     const ColumnData& found) {
  if (expected.type() != found.type() || expected.size() != found.size()) {
    mismatch(fmt::format("{}: {}: the batch gives {} rows of {}, found {} of {}", where, name,
                         expected.size(), expected.type()->name, found.size(), found.type()->name));
  }
  if (expected.equals(found)) return;
  for (int64_t i = 0; i < expected.size(); ++i) {
    compare_values(fmt::format("{}, row {}", where, i), name, expected.at(i), found.at(i));
  }
}

void compare_results(const std::string& where, const Values& expected, const Values& found) {
  for (const auto& [name, value] : expected) {
    const Value& other = found.at(name);
    const auto* column = value.get_if<ColumnData>();
    const auto* other_column = other.get_if<ColumnData>();
    if ((column == nullptr) != (other_column == nullptr)) {
      mismatch(fmt::format("{}: {}: a column in one of them only", where, name));
    }
    if (column) {
      compare_columns(where, name, *column, *other_column);
    } else {
      compare_values(where, name, value, other);
    }
  }
}

// What a run gave: values, or the error it ended with.
struct Outcome {
  Values values = {};
  std::optional<Error> error = {};
};

template <class F>
Outcome outcome_of(F run) {
  try {
    return {run(), {}};
  } catch (const Error& e) {
    return {{}, e};
  }
}

class Comparison {
 public:
  Comparison(const FuzzGraph& graph, const Trial& trial, uint64_t seed)
      : graph_(graph),
        trial_(trial),
        random_(seed),
        driver_({module()}, graph.config, {.threads = 2}) {
    for (const auto& [name, column] : graph.columns) {
      columns_.emplace(name, column.slice(trial.from, trial.size));
    }
    for (const size_t i : graph.ancestors(trial.outputs)) {
      if (graph.nodes[i].needs_all_rows) all_rows_.push_back(graph.nodes[i].name);
    }
  }

  void run() {
    ++counts().graphs;
    batch();
    if (!all_rows_.empty() && !support()) return;
    if (batch_.error) {
      ++counts().failed_in_all;
      check_error(*batch_.error);
    }
    stream();
    online();
    if (batch_.error) return;
    batches();
    running();
  }

 private:
  int64_t rows() const { return trial_.size; }

  // The table's rows are those of the trial.
  Module module() const {
    if (!graph_.from_table) return graph_.module;
    Module module = graph_.module;
    for (auto& definition : module.definitions) {
      if (definition->name != "rows_table") continue;
      auto copy = std::make_shared<Definition>(*definition);
      copy->call = [call = definition->call, trial = trial_](std::span<const Value> values) {
        return Value::of(call(values).get<Table>().slice(trial.from, trial.size));
      };
      definition = std::move(copy);
    }
    return module;
  }

  // ---- plans ------------------------------------------------------------------------------------

  PlanOptions options(Context context) const {
    PlanOptions options;
    options.context = context;
    for (const auto& node : graph_.nodes) {
      if (node.is_input || node.where == Where::kColumn) {
        options.shapes[node.name] = node.where == Where::kColumn ? Shape::kColumn : Shape::kScalar;
      }
    }
    return options;
  }

  // With stored values for what needs all rows.
  PlanOptions stored_options(Context context) {
    PlanOptions options = this->options(context);
    options.fit = fit_;
    for (const auto& name : all_rows_) {
      const FuzzNode& node = graph_.node(name);
      const bool given =
          node.where == Where::kColumn || (node.where == Where::kScalar && random_.chance(0.2));
      options.choices[name] = given ? Choice::kGiven : Choice::kFitted;
      if (given) {
        options.shapes[name] = node.where == Where::kColumn ? Shape::kColumn : Shape::kScalar;
      }
    }
    return options;
  }

  ColumnData in_chunks(const ColumnData& column) {
    std::vector<Table> parts;
    for (int64_t from = 0; from < column.size();) {
      const int64_t size =
          std::min<int64_t>(1 + static_cast<int64_t>(random_.below(900)), column.size() - from);
      parts.push_back(Table{{"c", column.slice(from, size)}});
      from += size;
    }
    return parts.empty() ? column : Table::concat(parts).column("c");
  }

  // What the plan takes, of rows [from, from + size).
  Values inputs_of(const Plan& plan, int64_t from, int64_t size) const {
    Values inputs;
    for (const auto& input : plan.inputs()) {
      if (const auto column = columns_.find(input.name); column != columns_.end()) {
        inputs[input.name] = Value::of(column->second.slice(from, size));
      } else if (const auto scalar = graph_.scalars.find(input.name);
                 scalar != graph_.scalars.end()) {
        inputs[input.name] = scalar->second;
      } else if (const auto given = given_.find(input.name); given != given_.end()) {
        const auto* column_data = given->second.get_if<ColumnData>();
        inputs[input.name] =
            column_data ? Value::of(column_data->slice(from, size)) : given->second;
      }  // else it has a default
    }
    return inputs;
  }

  static Values results(const Result& result, const std::vector<std::string>& names) {
    Values values;
    for (const auto& name : names) values[name] = result.at(name);
    return values;
  }

  // ---- contexts ---------------------------------------------------------------------------------

  void batch() {
    const Plan plan = driver_.plan(trial_.outputs, options(Context::kBatch));
    static_cast<void>(plan.explain());
    const Values inputs = inputs_of(plan, 0, rows());
    batch_ = outcome_of([&] { return results(plan.run(inputs, {.threads = 1}), trial_.outputs); });
    Values chunked = inputs;
    for (auto& [name, value] : chunked) {
      if (const auto* column = value.get_if<ColumnData>()) value = Value::of(in_chunks(*column));
    }
    for (int again = 0; again < 2; ++again) {
      const Outcome other =
          outcome_of([&] { return results(plan.run(chunked, {.threads = 2}), trial_.outputs); });
      same_outcome(again ? "two threads, again" : "two threads", other);
    }
  }

  void same_outcome(const std::string& where, const Outcome& other) {
    if (batch_.error.has_value() != other.error.has_value()) {
      mismatch(fmt::format("{}: the batch {}, this {}", where, told(batch_), told(other)));
    }
    if (!other.error) return compare_results(where, batch_.values, other.values);
    other_errors_.push_back(*other.error);
  }

  static std::string told(const Outcome& outcome) {
    return outcome.error ? std::string("fails: ") + outcome.error->what() : "gives values";
  }

  // The values that stand for all rows. False if they cannot be computed: then so cannot the rest.
  bool support() {
    const Plan plan = driver_.plan(all_rows_, options(Context::kBatch));
    const Values inputs = inputs_of(plan, 0, rows());
    const Outcome outcome = outcome_of([&] {
      const Result result = plan.run(inputs, {.threads = 2});
      fit_ = std::make_shared<const Fit>(result.fit("fuzz"));
      return results(result, all_rows_);
    });
    if (outcome.error) {
      if (!batch_.error) mismatch("what the outputs are computed from " + told(outcome));
      return false;
    }
    given_ = outcome.values;
    for (const auto& [name, value] : given_) {
      const auto it = batch_.values.find(name);
      if (it != batch_.values.end()) compare_results("with other outputs", {*it}, {{name, value}});
    }
    return true;
  }

  // The feature that failed fails for the same row alone, with the same words.
  void check_error(const Error& e) {
    check_row_error("the batch", e, 0);
    for (const auto& other : other_errors_) check_row_error("the batch on two threads", other, 0);
  }

  // Where two features fail, the schedule decides which one is told of. Is this about another one,
  // which fails in the batch as well?
  bool fails_elsewhere_too(const Error& e, const std::string& told_of) {
    const std::string node = e.message().substr(0, e.message().find(": "));
    const bool known = std::ranges::count(graph_.nodes, node, &FuzzNode::name) > 0;
    if (!known || node == told_of) return false;
    const Plan plan = driver_.plan({node}, options(Context::kBatch));
    const Values inputs = inputs_of(plan, 0, rows());
    const Outcome outcome =
        outcome_of([&] { return results(plan.run(inputs, {.threads = 1}), {node}); });
    return outcome.error && outcome.error->code() == e.code();
  }

  void check_row_error(const std::string& where, const Error& e, int64_t from) {
    const auto failure = row_failure(e);
    if (!failure) return;
    if (std::ranges::find(graph_.nodes, failure->node, &FuzzNode::name) == graph_.nodes.end()) {
      mismatch(fmt::format("{} fails with no feature's name: {}", where, e.what()));
    }
    const Plan plan = driver_.plan({failure->node}, stored_options(Context::kOnline));
    const Outcome outcome = outcome_of([&] {
      RowRunner runner = plan.rows(inputs_that_are_fixed(plan));
      set_row(runner, plan, from + failure->row);
      runner.run();
      return Values();
    });
    if (outcome.error && fails_elsewhere_too(*outcome.error, failure->node)) return;
    if (!outcome.error || without_row(*outcome.error) != without_row(e) ||
        outcome.error->code() != e.code()) {
      mismatch(fmt::format("{} fails: {}\n  that row alone {}", where, e.what(), told(outcome)));
    }
  }

  void stream() {
    const Outcome made = outcome_of([&] {
      stream_plan_.emplace(driver_.plan(trial_.outputs, stored_options(Context::kStream)));
      return Values();
    });
    if (made.error) mismatch("the stream " + told(made));
    std::map<std::string, std::vector<Table>> parts;
    bool failed = false;
    StreamRunner runner(*stream_plan_);
    for_batches([&](int64_t from, int64_t size) {
      ++counts().streams;
      const std::string where = fmt::format("the micro-batch of rows [{}, {})", from, from + size);
      const Outcome outcome = outcome_of([&] {
        const Values inputs = inputs_of(*stream_plan_, from, size);
        return random_.chance(0.5) ? results(stream_plan_->run(inputs), trial_.outputs)
                                   : results(runner.feed(Table(), inputs), trial_.outputs);
      });
      failed |= outcome.error.has_value();
      if (outcome.error) {
        if (!batch_.error) mismatch(where + " " + told(outcome) + ", but not the batch");
        return check_row_error(where, *outcome.error, from);
      }
      if (batch_.error) return;
      Values expected = batch_.values;
      for (auto& [name, value] : expected) {
        if (const auto* column = value.get_if<ColumnData>()) {
          value = Value::of(column->slice(from, size));
        }
      }
      compare_results(where, expected, outcome.values);
    });
    if (batch_.error && !failed) mismatch("no micro-batch fails, but the batch " + told(batch_));
  }

  // Rows in order, some batches empty.
  void for_batches(const std::function<void(int64_t from, int64_t size)>& run) {
    const auto limit = static_cast<size_t>(std::max<int64_t>(rows() / 3, 4));
    if (rows() == 0 || random_.chance(0.1)) run(0, 0);
    for (int64_t from = 0; from < rows();) {
      const auto size =
          std::min<int64_t>(static_cast<int64_t>(random_.below(limit)), rows() - from);
      run(from, size);
      from += size;
    }
  }

  Values inputs_that_are_fixed(const Plan& plan) {
    Values fixed;
    for (const auto& [name, value] : inputs_of(plan, 0, 0)) {
      if (!value.get_if<ColumnData>()) fixed[name] = value;
    }
    return fixed;
  }

  void set_row(RowRunner& runner, const Plan& plan, int64_t row) {
    for (const auto& [name, value] : inputs_of(plan, row, 1)) {
      const auto* column = value.get_if<ColumnData>();
      if (column) runner.set_value(runner.input(name), column->at(0));
    }
  }

  // All of few rows; of many the first and last of blocks, and some between.
  std::vector<int64_t> sampled_rows() {
    std::set<int64_t> sample;
    const auto failure = batch_.error ? row_failure(*batch_.error) : std::nullopt;
    if (failure) sample.insert(failure->row);
    for (int64_t row = 0; row < std::min<int64_t>(rows(), 130); ++row) sample.insert(row);
    for (const int64_t row : {int64_t{2047}, int64_t{2048}, rows() - 1}) {
      if (row >= 0 && row < rows()) sample.insert(row);
    }
    for (int i = 0; i < 50 && rows() > 0; ++i) {
      sample.insert(static_cast<int64_t>(random_.below(static_cast<size_t>(rows()))));
    }
    return {sample.begin(), sample.end()};
  }

  void online() {
    std::optional<Plan> plan;
    std::optional<RowRunner> runner;
    bool failed = false;
    const Outcome made = outcome_of([&] {
      plan.emplace(driver_.plan(trial_.outputs, stored_options(Context::kOnline)));
      return Values();
    });
    if (made.error) mismatch("the request " + told(made));
    const Outcome prepared = outcome_of([&] {
      runner.emplace(plan->rows(inputs_that_are_fixed(*plan)));
      return Values();
    });
    if (prepared.error) {
      if (!batch_.error) mismatch("before the first request: " + told(prepared));
      return;
    }
    const auto sample = sampled_rows();
    for (const int64_t row : sample) {
      ++counts().requests;
      const std::string where = fmt::format("the request of row {}", row);
      const Outcome outcome = outcome_of([&] {
        set_row(*runner, *plan, row);
        runner->run();
        Values values;
        for (const auto& name : trial_.outputs) values[name] = runner->value(runner->output(name));
        return values;
      });
      failed |= outcome.error.has_value();
      if (outcome.error && !batch_.error) mismatch(where + " " + told(outcome));
      if (outcome.error || batch_.error) continue;
      for (const auto& [name, value] : batch_.values) {
        const auto* column = value.get_if<ColumnData>();
        compare_values(where, name, column ? column->at(row) : value, outcome.values.at(name));
      }
    }
    const bool sampled = batch_.error && (row_failure(*batch_.error) || rows() <= 130);
    if (sampled && !failed && !sample.empty()) {
      mismatch("no request fails, but the batch " + told(batch_));
    }
  }

  // Each micro-batch by itself, as the batch over its rows.
  void batches() {
    if (all_rows_.empty()) return;
    PlanOptions options = this->options(Context::kStream);
    options.choice = Choice::kBatch;
    const Plan plan = driver_.plan(trial_.outputs, options);
    compare_parts(
        "the micro-batch by itself", false, [&](const Values& inputs) { return plan.run(inputs); },
        plan);
  }

  // Aggregates that go on from batch to batch, as the batch over all rows so far. An aggregate of
  // what another aggregate changes has no such meaning.
  void running() {
    if (all_rows_.empty()) return;
    for (const auto& name : all_rows_) {
      const FuzzNode& node = graph_.node(name);
      if (!node.has_running_value) return;
      for (const size_t i : graph_.ancestors({name})) {
        if (graph_.nodes[i].needs_all_rows && graph_.nodes[i].name != name) return;
      }
    }
    PlanOptions options = this->options(Context::kStream);
    options.choice = Choice::kStream;
    const Plan plan = driver_.plan(trial_.outputs, options);
    StreamRunner runner(plan);
    ++counts().running;
    compare_parts(
        "the running value", true,
        [&](const Values& inputs) { return runner.feed(Table(), inputs); }, plan);
  }

  template <class F>
  void compare_parts(const std::string& what, bool so_far, F run, const Plan& plan) {
    bool failed = false;
    for_batches([&](int64_t from, int64_t size) {
      if (failed && so_far) return;  // what failed does not count, so the rows so far have a gap
      const std::string where = fmt::format("{}, rows [{}, {})", what, from, from + size);
      const int64_t first = so_far ? 0 : from;
      const Outcome expected = outcome_of([&] { return batch_of(first, from + size - first); });
      const Outcome found =
          outcome_of([&] { return results(run(inputs_of(plan, from, size)), trial_.outputs); });
      if (expected.error.has_value() != found.error.has_value()) {
        mismatch(fmt::format("{}: the batch {}, this {}", where, told(expected), told(found)));
      }
      failed |= expected.error.has_value();
      if (expected.error) return;
      Values part = expected.values;
      for (auto& [name, value] : part) {
        if (const auto* column = value.template get_if<ColumnData>()) {
          value = Value::of(column->slice(from - first, size));
        }
      }
      compare_results(where, part, found.values);
    });
  }

  // The batch over some of the rows.
  Values batch_of(int64_t from, int64_t size) {
    const Trial part = {trial_.outputs, trial_.from + from, size};
    Comparison other(graph_, part, 0);
    const Plan plan = other.driver_.plan(part.outputs, other.options(Context::kBatch));
    return results(plan.run(other.inputs_of(plan, 0, size)), part.outputs);
  }

  const FuzzGraph& graph_;
  Trial trial_;
  Random random_;
  Driver driver_;
  std::map<std::string, ColumnData> columns_;
  std::vector<std::string> all_rows_;
  Outcome batch_;
  std::vector<Error> other_errors_;
  std::shared_ptr<const Fit> fit_;
  Values given_;
  std::optional<Plan> stream_plan_;
};

}  // namespace

Counts& counts() {
  static Counts counts;
  return counts;
}

std::optional<std::string> failure_of(const FuzzGraph& graph, const Trial& trial, uint64_t seed) {
  try {
    Comparison(graph, trial, seed).run();
  } catch (const Mismatch& m) {
    return m.text;
  } catch (const std::exception& e) {
    return std::string("the batch cannot be planned or run: ") + e.what();
  }
  return {};
}

Trial minimized(const FuzzGraph& graph, Trial trial, uint64_t seed) {
  // One output, or as few as still fail.
  for (size_t i = trial.outputs.size(); i-- > 0 && trial.outputs.size() > 1;) {
    Trial smaller = trial;
    smaller.outputs.erase(smaller.outputs.begin() + static_cast<ptrdiff_t>(i));
    if (failure_of(graph, smaller, seed)) trial = std::move(smaller);
  }
  // What the output is computed from fails too, or does not.
  for (const size_t i : graph.ancestors(trial.outputs)) {
    if (graph.nodes[i].is_input) continue;
    const Trial other = {{graph.nodes[i].name}, trial.from, trial.size};
    if (failure_of(graph, other, seed)) {
      trial = other;
      break;
    }
  }
  for (bool smaller = true; smaller && trial.size > 0;) {
    smaller = false;
    const int64_t half = trial.size > 1 ? trial.size / 2 : 1;
    for (const Trial& part : {Trial{trial.outputs, trial.from, trial.size - half},
                              Trial{trial.outputs, trial.from + half, trial.size - half},
                              Trial{trial.outputs, trial.from, trial.size - 1},
                              Trial{trial.outputs, trial.from + 1, trial.size - 1}}) {
      if (smaller || !failure_of(graph, part, seed)) continue;
      trial = part;
      smaller = true;
    }
  }
  return trial;
}

}  // namespace weft::fuzz
