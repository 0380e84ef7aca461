// Driver, plans, results and what runs rows.
#include "weft/driver.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/set.h>
#include <nanobind/stl/vector.h>

#include <mutex>

#include "bind.h"
#include "calls.h"
#include "exec/program.h"
#include "interrupt.h"
#include "names.h"
#include "opaque.h"

namespace weft::python {
namespace {

// Runs `work` without the GIL.
template <class F>
auto unlocked(F work) {
  const nb::gil_scoped_release release;
  return work();
}

PlanOptions plan_options(const std::string& context, const nb::object& overrides,
                         const std::map<std::string, std::string>& shapes,
                         const std::map<std::string, std::string>& choices,
                         const std::optional<std::string>& choice, const std::optional<Fit>& fit,
                         const std::map<std::string, std::string>& types) {
  PlanOptions options;
  for (const auto& [name, type] : types) {
    options.types[name].type = type_by_name(type);
    if (!options.types[name].type) {
      throw Error(ErrorCode::kInvalidArgument, "there is no type called " + type);
    }
  }
  options.context = context_of_name(context);
  for (const auto& name : strings_from_python(overrides)) options.overrides.insert(name);
  for (const auto& [name, shape] : shapes) options.shapes[name] = shape_of_name(shape);
  for (const auto& [name, what] : choices) options.choices[name] = choice_of_name(what);
  if (choice) options.choice = choice_of_name(*choice);
  if (fit) options.fit = std::make_shared<const Fit>(*fit);
  return options;
}

// What type an input or override has, so that a list can be a column and 1 a double.
std::function<Type(std::string_view)> types_in(const Graph& graph) {
  return [&graph](std::string_view name) -> Type {
    const auto node = graph.find(name);
    return node ? graph.node(*node).type : nullptr;
  };
}

// An inputs' type that only the data knows stays open; Value::as does what is left.
Values inputs_from_python(const nb::dict& inputs, const Graph& graph) {
  return values_from_python(inputs, types_in(graph));
}

nb::dict report_to_python(const CheckReport& report) {
  nb::dict out;
  out["node"] = report.node;
  out["check"] = report.check;
  out["importance"] = std::string(importance_name(report.importance));
  out["passed"] = report.passed;
  out["skipped"] = report.skipped;
  out["rows"] = report.rows;
  out["failed_rows"] = report.failed_rows;
  out["message"] = report.message;
  out["sample_rows"] = nb::cast(report.sample_rows);
  out["values"] = values_to_python(report.values);
  return out;
}

nb::list reports_to_python(const std::vector<CheckReport>& reports) {
  nb::list out;
  for (const CheckReport& report : reports) out.append(report_to_python(report));
  return out;
}

nb::dict result_to_dict(const Result& result) {
  nb::dict out;
  for (const auto& name : result.names()) out[name.c_str()] = to_python(result.at(name));
  return out;
}

nb::list problems_to_python(const std::vector<Problem>& problems) {
  nb::list out;
  for (const Problem& problem : problems) {
    nb::dict d;
    d["code"] = std::string(error_code_name(problem.code));
    d["message"] = problem.message;
    d["file"] = problem.where.file;
    d["line"] = problem.where.line;
    out.append(d);
  }
  return out;
}

constexpr auto kToldEvery = std::chrono::milliseconds(100);

// Tells Python how far a run is, not more often than it can be drawn.
class Progress {
 public:
  explicit Progress(nb::object told) : told_(std::move(told)) {
    if (told_.is_none()) return;
    hooks_.progress = [this](std::string_view what, int64_t done, int64_t total) {
      const auto now = std::chrono::steady_clock::now();
      {
        const std::scoped_lock lock(mutex_);
        if (now < next_ && done != total) return;
        next_ = now + kToldEvery;
      }
      const Gil gil;
      told_(nb::str(std::string(what).c_str()), done, total);
    };
  }
  const Hooks* hooks() const { return hooks_.progress ? &hooks_ : nullptr; }

 private:
  nb::object told_;
  Hooks hooks_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_{};
};

// A run without the GIL, which Ctrl-C ends.
template <class F>
auto interruptible(int threads, F run, const nb::object& told = nb::none()) {
  const Progress progress(told);
  const Interruptible interrupt;
  RunOptions options;
  options.threads = threads;
  options.cancelled = interrupt.cancelled();
  options.hooks = progress.hooks();
  auto result = unlocked([&] { return run(options); });
  // A block whose function raised is run again row by row, where it need not raise again.
  if (take_keyboard_interrupt()) {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    throw nb::python_error();
  }
  return result;
}

}  // namespace

// What answers requests: inputs in, outputs out.
class Rows {
 public:
  Rows(const Plan& plan, const Values& fixed) : runner_(plan.rows(fixed)) {
    for (const auto& input : plan.inputs()) {
      const nb::object name = nb::steal(PyUnicode_InternFromString(input.name.c_str()));
      inputs_.push_back({name, runner_.input(input.name), input.type, input.required, input.name});
    }
    for (const auto& output : plan.outputs()) {
      const nb::object name = nb::steal(PyUnicode_InternFromString(output.c_str()));
      const size_t at = runner_.output(output);
      outputs_.push_back({name, at, runner_.output_type(at), true, output});
    }
    for (const auto& [name, value] : fixed) fixed_.insert(name);
  }

  nb::dict operator()(const nb::dict& request) {
    size_t found = 0;
    for (const Port& input : inputs_) {
      PyObject* value = PyDict_GetItemWithError(request.ptr(), input.key.ptr());
      if (!value) {
        if (PyErr_Occurred()) throw nb::python_error();
        if (input.required && !fixed_.contains(input.name)) {
          throw Error(ErrorCode::kInvalidArgument, "the request has no " + input.name);
        }
        continue;
      }
      ++found;
      set(input, value);
    }
    if (found < static_cast<size_t>(PyDict_Size(request.ptr()))) refuse_unknown(request);
    runner_.run();
    nb::dict out;
    for (const Port& output : outputs_) {
      const nb::object value = get(output);
      if (PyDict_SetItem(out.ptr(), output.key.ptr(), value.ptr()) != 0) throw nb::python_error();
    }
    return out;
  }

  nb::list checks() const { return reports_to_python(runner_.checks()); }

 private:
  struct Port {
    nb::object key;
    size_t at;
    Type type;
    bool required;
    std::string name;
  };

  void set(const Port& input, nb::handle value) {
    const Type type = input.type;
    if (!type || type->is_object() || type->kind == Kind::kStruct) {
      runner_.set_value(input.at, from_python(value, type));
      return;
    }
    alignas(16) char slot[64];
    arena_.reset();
    bool is_there = false;
    try {
      is_there = slot_from_python(value, type, slot, arena_);
    } catch (const Error& e) {
      throw Error(e.code(), "input " + input.name + ": " + e.message());
    }
    if (!is_there) {
      runner_.set_null(input.at);
    } else if (type->kind == Kind::kString || type->kind == Kind::kList) {
      runner_.set_value(input.at, type->box(type, slot));
    } else {
      runner_.set_slot(input.at, slot);
    }
  }

  nb::object get(const Port& output) const {
    if (!output.type || output.type->is_object() || output.type->kind == Kind::kStruct) {
      return to_python(runner_.value(output.at));
    }
    const void* slot = runner_.slot(output.at);
    return slot ? slot_to_python(output.type, slot) : nb::none();
  }

  [[noreturn]] void refuse_unknown(const nb::dict& request) const {
    std::string unknown;
    for (const auto& [key, value] : request) {
      const auto name = nb::cast<std::string>(nb::str(key));
      const bool known =
          std::ranges::any_of(inputs_, [&](const Port& input) { return input.name == name; });
      if (!known) unknown += (unknown.empty() ? "" : ", ") + name;
    }
    throw Error(ErrorCode::kInvalidArgument, "the plan takes no input called " + unknown);
  }

  RowRunner runner_;
  Arena arena_;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
  std::set<std::string, std::less<>> fixed_;
};

void bind_driver(nb::module_& m) {
  nb::class_<Fit>(m, "Fit", "The values a training table was made with, by node. Immutable.")
      .def_prop_ro("name", &Fit::name)
      .def_prop_ro("created",
                   [](const Fit& f) {
                     return f.created() ? to_python(Value::of(*f.created())) : nb::none();
                   })
      .def_prop_ro("values",
                   [](const Fit& f) {
                     nb::dict out;
                     for (const auto& [name, entry] : f.entries())
                       out[name.c_str()] = to_python(entry.value);
                     return out;
                   })
      .def(
          "save", [](const Fit& f, const std::string& path) { f.save(path); }, nb::arg("path"))
      .def_static("load", &Fit::load, nb::arg("path"));

  nb::class_<Result>(m, "Result", "The values of one run, by name in the order asked.")
      .def_prop_ro("names", &Result::names)
      .def("__getitem__",
           [](const Result& r, const std::string& name) { return to_python(r.at(name)); })
      .def("__len__", [](const Result& r) { return r.names().size(); })
      .def("__contains__",
           [](const Result& r, const std::string& name) {
             return std::ranges::find(r.names(), name) != r.names().end();
           })
      .def("__iter__", [](const Result& r) { return nb::iter(nb::cast(r.names())); })
      .def("keys", &Result::names)
      .def("to_dict", &result_to_dict)
      .def(
          "table",
          [](const Result& r, const nb::object& names) {
            if (names.is_none()) return unlocked([&] { return r.table(); });
            const auto list = strings_from_python(names);
            return unlocked([&] { return r.table(list); });
          },
          nb::arg("names") = nb::none(),
          "All outputs that are columns, and single values repeated, as one table.")
      .def_prop_ro("checks", [](const Result& r) { return reports_to_python(r.checks()); })
      .def_prop_ro("quarantine", &Result::quarantine)
      .def_prop_ro("cache_log",
                   [](const Result& r) {
                     nb::list out;
                     for (const auto& line : r.cache_log()) {
                       nb::dict d;
                       d["node"] = line.node;
                       d["outcome"] = line.outcome;
                       d["reason"] = line.reason;
                       d["bytes"] = line.bytes;
                       out.append(d);
                     }
                     return out;
                   })
      .def("fit", &Result::fit, nb::arg("name"),
           "Every single value and object computed on the way.");

  nb::class_<Rows>(
      m, "RowRunner",
      "Answers requests: called with a dict of inputs, gives a dict of outputs. One a thread.")
      .def("__call__", &Rows::operator(), nb::arg("request"))
      .def_prop_ro("checks", &Rows::checks);

  nb::class_<Plan>(m, "Plan", "What will run for some outputs: pruned, fused, immutable.")
      .def(
          "run",
          [](const Plan& plan, const nb::dict& inputs, const nb::object& table, int threads) {
            const Values values = inputs_from_python(inputs, *plan.program().graph);
            if (table.is_none()) {
              return interruptible(threads, [&](const auto& o) { return plan.run(values, o); });
            }
            const Table rows = table_from_python(table);
            return interruptible(threads, [&](const auto& o) { return plan.run(rows, values, o); });
          },
          nb::arg("inputs") = nb::dict(), nb::arg("table") = nb::none(), nb::arg("threads") = 0,
          "Inputs and overrides by name; the table's columns are inputs too.")
      .def(
          "rows",
          [](const Plan& plan, const nb::dict& fixed) {
            return new Rows(plan, inputs_from_python(fixed, *plan.program().graph));
          },
          nb::arg("fixed") = nb::dict(), "Only of a plan for the context online.")
      .def_prop_ro("outputs", &Plan::outputs)
      .def_prop_ro("inputs",
                   [](const Plan& plan) {
                     nb::list out;
                     for (const auto& input : plan.inputs()) {
                       nb::dict d;
                       d["name"] = input.name;
                       d["type"] =
                           input.type ? nb::object(nb::str(input.type->name.c_str())) : nb::none();
                       d["shape"] = std::string(shape_name(input.shape));
                       d["required"] = input.required;
                       out.append(d);
                     }
                     return out;
                   })
      .def_prop_ro("context",
                   [](const Plan& plan) { return std::string(context_name(plan.context())); })
      .def(
          "explain",
          [](const Plan& plan, const std::optional<Result>& measured) {
            return plan.explain(measured ? &*measured : nullptr);
          },
          nb::arg("measured") = nb::none(),
          "What is fused, what runs how, and with a result what each step cost.");

  nb::class_<Task>(m, "Task", "A run that is under way. Thread-safe.")
      .def_prop_ro("done", &Task::done)
      .def(
          "wait",
          [](const Task& task, double seconds) {
            const auto patience =
                std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
            return unlocked([&] { return task.wait_for(patience); });
          },
          nb::arg("seconds"), "False if it is not done after that time.")
      .def("cancel", &Task::cancel,
           "Ends with CancelledError before its next step or block of rows.")
      .def(
          "result", [](const Task& task) { return unlocked([&] { return task.get(); }); },
          "Waits, and gives the result or raises what the run raised.");

  nb::class_<StreamRunner>(m, "StreamRunner",
                           "Runs micro-batches one after another, keeping running values.")
      .def(nb::init<Plan>(), nb::arg("plan"))
      .def(
          "feed",
          [](StreamRunner& runner, const nb::object& rows, const nb::dict& inputs) {
            const Table table = table_from_python(rows);
            const Values values = values_from_python(inputs);
            return unlocked([&] { return runner.feed(table, values); });
          },
          nb::arg("rows"), nb::arg("inputs") = nb::dict());

  nb::class_<Driver>(m, "Driver",
                     "Modules and a config. Immutable but for its cache of plans; thread-safe.")
      .def(
          "__init__",
          [](Driver* self, std::vector<Module> modules, const nb::dict& config,
             bool allow_module_overrides, int threads, const std::string& cache,
             int64_t cache_bytes_max, bool cache_all, bool compile) {
            Driver::Options options;
            options.allow_module_overrides = allow_module_overrides;
            options.threads = threads;
            options.translate = compile;
            options.cache = {cache, cache_bytes_max, cache_all};
            new (self) Driver(std::move(modules), values_from_python(config), options);
          },
          nb::arg("modules"), nb::arg("config") = nb::dict(), nb::kw_only(),
          nb::arg("allow_module_overrides") = false, nb::arg("threads") = 0, nb::arg("cache") = "",
          nb::arg("cache_bytes_max") = int64_t{10} << 30, nb::arg("cache_all") = false,
          nb::arg("compile") = true)
      .def_prop_ro("graph", [](const Driver& d) { return d.graph(); })
      .def(
          "plan",
          [](const Driver& driver, const nb::object& outputs, const std::string& context,
             const nb::object& overrides, const std::map<std::string, std::string>& shapes,
             const std::map<std::string, std::string>& choices,
             const std::optional<std::string>& choice, const std::optional<Fit>& fit,
             const std::map<std::string, std::string>& types) {
            return driver.plan(
                strings_from_python(outputs),
                plan_options(context, overrides, shapes, choices, choice, fit, types));
          },
          nb::arg("outputs"), nb::kw_only(), nb::arg("context") = "batch",
          nb::arg("overrides") = nb::tuple(),
          nb::arg("shapes") = std::map<std::string, std::string>(),
          nb::arg("choices") = std::map<std::string, std::string>(), nb::arg("choice") = nb::none(),
          nb::arg("fit") = nb::none(), nb::arg("types") = std::map<std::string, std::string>())
      .def(
          "execute",
          [](const Driver& driver, const nb::object& outputs, const nb::dict& inputs,
             const nb::dict& overrides, int threads, const nb::object& progress) {
            const auto names = strings_from_python(outputs);
            const Values values = inputs_from_python(inputs, driver.graph());
            const Values over = inputs_from_python(overrides, driver.graph());
            return interruptible(
                threads,
                [&](const auto& options) { return driver.execute(names, values, over, options); },
                progress);
          },
          nb::arg("outputs"), nb::arg("inputs") = nb::dict(), nb::arg("overrides") = nb::dict(),
          nb::arg("threads") = 0, nb::arg("progress") = nb::none())
      .def(
          "materialize",
          [](const Driver& driver, std::vector<Materializer> materializers,
             const nb::object& outputs, const nb::dict& inputs, const nb::dict& overrides) {
            const auto names = strings_from_python(outputs);
            const Values values = inputs_from_python(inputs, driver.graph());
            const Values over = inputs_from_python(overrides, driver.graph());
            return interruptible(0, [&](const auto& options) {
              return driver.materialize(std::move(materializers), names, values, over, options);
            });
          },
          nb::arg("materializers"), nb::arg("outputs") = nb::tuple(),
          nb::arg("inputs") = nb::dict(), nb::arg("overrides") = nb::dict())
      .def(
          "execute_async",
          [](const Driver& driver, const nb::object& outputs, const nb::dict& inputs,
             const nb::dict& overrides) {
            const auto names = strings_from_python(outputs);
            const Values values = inputs_from_python(inputs, driver.graph());
            const Values over = inputs_from_python(overrides, driver.graph());
            return unlocked([&] { return driver.execute_async(names, values, over); });
          },
          nb::arg("outputs"), nb::arg("inputs") = nb::dict(), nb::arg("overrides") = nb::dict(),
          "Starts execute() and gives the Task.")
      .def("with_materializers", &Driver::with, nb::arg("materializers"))
      .def(
          "validate",
          [](const Driver& driver, const nb::object& outputs, const nb::object& inputs,
             const nb::object& overrides) {
            return problems_to_python(driver.validate(strings_from_python(outputs),
                                                      strings_from_python(inputs),
                                                      strings_from_python(overrides)));
          },
          nb::arg("outputs"), nb::arg("inputs") = nb::tuple(), nb::arg("overrides") = nb::tuple(),
          "What is wrong with asking for these outputs, giving these inputs; empty if all is "
          "well.");
}

}  // namespace weft::python
