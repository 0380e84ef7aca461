/// Driver: modules and a config, made into plans that run over tables, micro-batches and requests.
#pragma once

#include <set>

#include "weft/hooks.h"
#include "weft/row_runner.h"

namespace weft {

/// Where rows come from; never a reason for other code.
enum class Context : uint8_t { kBatch, kStream, kOnline };
std::string_view context_name(Context context);

/// What stands for a value that needs all rows, where a context has not all rows.
enum class Choice : uint8_t {
  kFitted,  ///< the value stored with a training set
  kGiven,   ///< an override the caller brings
  kBatch,   ///< over the micro-batch at hand
  kStream,  ///< the running value of all micro-batches so far
};
std::string_view choice_name(Choice choice);

/// The values a training table was made with: aggregates, category lists, models; each with the
/// fingerprint of the code that made it. Immutable.
class Fit {
 public:
  struct Entry {
    Value value;
    std::string fingerprint;
  };
  Fit() = default;
  explicit Fit(std::string name, std::map<std::string, Entry, std::less<>> entries)
      : name_(std::move(name)), entries_(std::move(entries)) {}

  const std::string& name() const { return name_; }
  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }
  /// When it was first saved; null before.
  std::optional<Time> created() const { return created_; }

  /// Written atomically as JSON (docs/formats/fit.md). Throws Error(kUnsupported) naming an object
  /// that has no text form (object_format.h), Error(kIo).
  void save(const std::string& path, const Clock& clock = Clock::system()) const;
  /// Throws Error(kNotFound), Error(kBadData) saying what is damaged, Error(kUnsupported) for a
  /// type no module has described.
  static Fit load(const std::string& path);

 private:
  std::string name_;
  std::optional<Time> created_;
  std::map<std::string, Entry, std::less<>> entries_;
};

struct PlanOptions {
  Context context = Context::kBatch;
  /// Nodes whose value the caller brings with each run; what only they need is not run.
  std::set<std::string> overrides = {};
  /// How an input or override is given: Shape::kColumn or Shape::kScalar. Default in batch and
  /// stream: a column where a row or column function takes it (unless an object function does too).
  std::map<std::string, Shape> shapes = {};
  /// By node; for every other node that needs all rows, `choice` if it is set.
  std::map<std::string, Choice> choices = {};
  std::optional<Choice> choice = {};
  std::shared_ptr<const Fit> fit = nullptr;
  /// What inputs and overrides will be whose type the graph leaves open.
  std::map<std::string, KnownType> types = {};
  /// Functions of other languages run as expressions where they can (Definition::translate).
  bool translate = true;
};

/// What the cache did for one node in one run.
struct CacheReport {
  std::string node;
  /// "hit": read; "miss": computed, because ... ; "kept": and kept; "not_kept": it could not be;
  /// "recomputed": it is always computed. A value that was not needed is not mentioned.
  std::string outcome;
  std::string reason = {};  ///< of a miss: "never kept before", "changed: the code, survey_path"
  int64_t bytes = 0;        ///< read or written
};

/// The values of one run, by name in the order asked. Cheap to copy.
class Result {
 public:
  const std::vector<std::string>& names() const;
  /// Throws Error(kNotFound). A column is a ColumnData value, a table a Table.
  Value at(std::string_view name) const;
  template <class T>
  T get(std::string_view name) const {
    return at(name).get<T>();
  }
  ColumnData column(std::string_view name) const;
  /// All outputs that are columns, and scalars repeated, as one table; tables give their columns.
  /// Where the rows are too many to be held, it is a table in a source, computed as it is read.
  /// Throws Error(kTypeMismatch) if they have different rows.
  Table table() const;
  /// Of these outputs only.
  Table table(std::span<const std::string> names) const;
  /// False of a column whose rows are too many to be held, which at() brings into memory.
  bool is_held(std::string_view name) const;
  Values values() const;
  /// A result builder of one's own: a function of the result. `result.build(to_matrix)`.
  template <class F>
  auto build(F builder) const {
    return builder(*this);
  }
  const std::vector<CheckReport>& checks() const;
  /// The rows that checks of importance kQuarantine left out, by the node that was checked. Of a
  /// column: node, check, row, value; of a table: node, check, row and the table's own columns. A
  /// row is there once for each check that found fault with it. Values tagged pii are left out.
  std::map<std::string, Table> quarantine() const;
  const std::vector<StepReport>& steps() const;
  const std::vector<CacheReport>& cache_log() const;
  /// Every scalar and object that was computed on the way, to be stored and used online.
  Fit fit(std::string name) const;

  struct State;
  explicit Result(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  const State& state() const { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

/// What will run for some outputs: pruned, fused, immutable, thread-safe.
class Plan {
 public:
  explicit Plan(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  /// Inputs and overrides by name. Columns are ColumnData, Series<T> or single values.
  Result run(const Values& inputs = {}, const RunOptions& options = {}) const;
  /// Rows of a table as inputs: its columns by name, beside `inputs`.
  Result run(const Table& rows, const Values& inputs = {}, const RunOptions& options = {}) const;
  /// Starts run() and returns. Many may be under way at once, on the driver's threads. The hooks
  /// have to outlive the run; it is cancelled through the Task. Throws what run() throws before its
  /// first step.
  Task run_async(Values inputs = {}, const RunOptions& options = {}) const;
  /// Only of a plan for Context::kOnline. What needs no request input runs here, once.
  RowRunner rows(const Values& fixed = {}) const;

  const std::vector<std::string>& outputs() const;
  struct Input {
    std::string name;
    Type type;
    Shape shape;
    bool required;
  };
  const std::vector<Input>& inputs() const;
  Context context() const;
  /// What is fused, what runs how, where each value comes from; with a result, what each step cost.
  std::string explain(const Result* measured = nullptr) const;

  const Program& program() const { return *program_; }
  const std::shared_ptr<const Program>& shared_program() const { return program_; }

 private:
  std::shared_ptr<const Program> program_;
};

/// Runs micro-batches one after another through one plan, keeping running values between them.
class StreamRunner {
 public:
  explicit StreamRunner(Plan plan);
  ~StreamRunner();
  StreamRunner(StreamRunner&&) noexcept;
  Result feed(const Table& rows, const Values& inputs = {}, const RunOptions& options = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Where results of nodes with cache() are kept between runs (docs/concepts/cache.md).
struct CacheOptions {
  std::string directory = {};             ///< made if it is not there; empty: nothing is kept
  int64_t bytes_max = int64_t{10} << 30;  ///< beyond it the values least recently used go
  bool objects_and_tables = false;  ///< those of every function, but where cache() says otherwise
};

struct DriverOptions {
  bool allow_module_overrides = false;
  int threads = 0;   ///< 0: one a core
  Hooks hooks = {};  ///< of every run that is given none
  CacheOptions cache = {};
  bool translate = true;  ///< false: PlanOptions::translate of all plans
};

/// Modules and a config. Immutable but for its cache of plans; thread-safe.
class Driver {
 public:
  using Options = DriverOptions;
  explicit Driver(std::vector<Module> modules, Values config = {}, Options options = {});

  const Graph& graph() const;
  /// Nodes that have all of these tags (of one key any of the values; no value: whatever it is), in
  /// the graph's order; without tags all nodes, inputs and config too.
  std::vector<const Node*> variables(const Tags& tags = {}) const;
  /// What is wrong with asking for these outputs, giving these inputs and overrides: nothing is
  /// read or run. Empty if all is well.
  std::vector<Problem> validate(const std::vector<std::string>& outputs,
                                const std::vector<std::string>& inputs = {},
                                const std::vector<std::string>& overrides = {}) const;
  /// Throws Error(kInvalidGraph, kNotFound, kUnsupported) with all that is wrong.
  Plan plan(std::vector<std::string> outputs, const PlanOptions& options = {}) const;
  /// Plans (or finds the plan of the last equal call) and runs. What the inputs are decides shapes.
  Result execute(const std::vector<std::string>& outputs, const Values& inputs = {},
                 const Values& overrides = {}, const RunOptions& options = {}) const;
  /// The same, under way: see Plan::run_async().
  Task execute_async(const std::vector<std::string>& outputs, const Values& inputs = {},
                     const Values& overrides = {}, const RunOptions& options = {}) const;
  /// A driver whose graph also has these savers and loaders. Threads and cache are shared. Throws
  /// Error(kInvalidGraph, kNotFound).
  Driver with(std::vector<Materializer> materializers) const;
  /// with(), and executes: the result has what every saver says it wrote, under the saver's name,
  /// and the outputs.
  Result materialize(std::vector<Materializer> materializers,
                     const std::vector<std::string>& outputs = {}, const Values& inputs = {},
                     const Values& overrides = {}, const RunOptions& options = {}) const;

 private:
  struct State;
  /// Two arguments, so that Driver({}) is one without modules.
  Driver(std::shared_ptr<State> state, std::nullptr_t) : state_(std::move(state)) {}
  Plan plan_for(const std::vector<std::string>& outputs, const Values& inputs,
                const Values& overrides) const;
  std::shared_ptr<State> state_;
};

}  // namespace weft
