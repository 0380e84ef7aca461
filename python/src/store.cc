// The feature store and what answers requests from it.
#include "weft/store.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "base/thrown.h"
#include "bind.h"
#include "calls.h"
#include "online_reader.h"
#include "store_definitions.h"
#include "times.h"

namespace weft::python {
namespace {

template <class F>
auto unlocked(F work) {
  const nb::gil_scoped_release release;
  return work();
}

std::optional<Time> time_or_none(nb::handle object) {
  if (object.is_none()) return {};
  return time_from_python(object);
}
nb::object time_or_none(const std::optional<Time>& time) {
  return time ? to_datetime(*time) : nb::none();
}

PushTo push_to(std::string_view name) {
  if (name == "online") return PushTo::kOnline;
  if (name == "offline") return PushTo::kOffline;
  if (name == "both") return PushTo::kBoth;
  throw Error(ErrorCode::kInvalidArgument,
              "rows go online, offline or both, not " + std::string(name));
}

PointInTimeOptions join_options(const std::string& as_of, bool event_times, bool reasons,
                                int threads, int64_t memory_limit) {
  PointInTimeOptions options;
  if (as_of != "event" && as_of != "known") {
    throw Error(ErrorCode::kInvalidArgument, "as_of is event or known, not " + as_of);
  }
  options.as_of = as_of == "known" ? AsOf::kKnown : AsOf::kEvent;
  options.event_times = event_times;
  options.reasons = reasons;
  options.threads = threads;
  options.memory_limit = memory_limit;
  return options;
}

// Calls a Python function from inside of the store; what it raises ends what is under way.
class Progress {
 public:
  explicit Progress(nb::handle function) {
    if (!function.is_none()) function_ = share(nb::borrow(function));
  }
  std::function<void(const std::string&, int64_t)> call() const {
    if (!function_) return {};
    return [function = function_](const std::string& view, int64_t rows) {
      const Gil gil;
      try {
        function->get()(view, rows);
      } catch (nb::python_error& e) {
        try {
          throw Raised(std::move(e));
        } catch (const Raised& raised) {
          std::rethrow_exception(nested_in(Error(ErrorCode::kCancelled, raised.what())));
        }
      }
    };
  }

 private:
  SharedObject function_;
};

MaterializeOptions materialize_options(const nb::object& views, const nb::object& start,
                                       const nb::object& end, const Progress& progress) {
  MaterializeOptions options;
  options.views = strings_from_python(views);
  options.start = time_or_none(start);
  options.end = time_or_none(end);
  options.progress = progress.call();
  return options;
}

Spine spine_of(const nb::object& rows, const std::string& time, const nb::object& at) {
  Spine spine;
  spine.rows = table_from_python(rows);
  spine.time = time;
  spine.at = time_or_none(at);
  return spine;
}

SqlParameters sql_parameters(nb::handle object) {
  if (object.is_none()) return {};
  if (nb::isinstance<nb::dict>(object)) return values_from_python(nb::borrow<nb::dict>(object));
  std::vector<Value> values;
  for (const nb::handle each : object) values.push_back(from_python(each));
  return values;
}

void make_store(FeatureStore* self, const Driver& driver, const std::string& directory,
                const std::string& project, const std::string& registry, const std::string& online,
                const std::vector<std::string>& definitions, const std::string& root,
                const nb::dict& inputs, bool online_ttl, const ManualClock* clock) {
  StoreOptions options;
  options.directory = directory;
  options.project = project;
  options.registry = registry;
  options.online = online;
  options.definitions = definitions;
  options.root = root;
  options.inputs = values_from_python(inputs, [&](std::string_view name) -> Type {
    const auto node = driver.graph().find(name);
    return node ? driver.graph().node(*node).type : nullptr;
  });
  options.online_ttl = online_ttl;
  if (clock) options.clock = clock;
  const nb::gil_scoped_release release;
  new (self) FeatureStore(driver, std::move(options));
}

void bind_reports(nb::module_& m) {
  nb::class_<StoreRun>(m, "StoreRun", "A record of something that wrote.")
      .def_ro("id", &StoreRun::id)
      .def_ro("what", &StoreRun::what)
      .def_ro("view", &StoreRun::view)
      .def_prop_ro("started", [](const StoreRun& r) { return to_datetime(r.started); })
      .def_prop_ro("took", [](const StoreRun& r) { return to_timedelta(r.took); })
      .def_ro("user", &StoreRun::user)
      .def_prop_ro("start", [](const StoreRun& r) { return time_or_none(r.start); })
      .def_prop_ro("end", [](const StoreRun& r) { return time_or_none(r.end); })
      .def_ro("rows", &StoreRun::rows)
      .def_ro("written", &StoreRun::written)
      .def_ro("older", &StoreRun::older)
      .def_ro("registry_version", &StoreRun::registry_version)
      .def_ro("ended", &StoreRun::ended)
      .def_ro("warning", &StoreRun::warning)
      .def_ro("error", &StoreRun::error)
      .def("__repr__", [](const StoreRun& r) {
        return "StoreRun(" + r.what + " " + r.view + ": " + std::to_string(r.written) + " of " +
               std::to_string(r.rows) + " rows)";
      });
  nb::class_<WriteReport>(m, "WriteReport", "What became of rows that were given.")
      .def_ro("rows", &WriteReport::rows)
      .def_ro("offline", &WriteReport::offline)
      .def_ro("online", &WriteReport::online)
      .def_ro("older", &WriteReport::older)
      .def("__repr__", [](const WriteReport& r) {
        return "WriteReport(" + std::to_string(r.rows) + " rows: " + std::to_string(r.offline) +
               " to history, " + std::to_string(r.online) + " online, " + std::to_string(r.older) +
               " older than what is there)";
      });
  nb::class_<ForgetReport::Place>(m, "ForgottenPlace")
      .def_ro("where", &ForgetReport::Place::where)
      .def_ro("rows", &ForgetReport::Place::rows)
      .def("__repr__", [](const ForgetReport::Place& p) {
        return p.where + ": " + std::to_string(p.rows) + " rows";
      });
  nb::class_<ForgetReport>(m, "ForgetReport",
                           "What was removed of an entity, and what still holds it.")
      .def_ro("removed", &ForgetReport::removed)
      .def_ro("still_held", &ForgetReport::still_held);
}

void bind_requests(nb::module_& m) {
  nb::class_<FeatureRequest>(m, "FeatureRequest", "Some features: of a service, or of views.")
      .def(
          "__init__",
          [](FeatureRequest* self, const std::string& service, const nb::object& features,
             bool full_names) {
            new (self) FeatureRequest{service, strings_from_python(features), full_names};
          },
          nb::kw_only(), nb::arg("service") = "", nb::arg("features") = nb::list(),
          nb::arg("full_names") = false, "`features` are texts: \"view:feature\".")
      .def_ro("service", &FeatureRequest::service)
      .def_ro("features", &FeatureRequest::features)
      .def_ro("full_names", &FeatureRequest::full_names);
  nb::class_<OnlineInput>(m, "OnlineInput", "What a request has to bring.")
      .def_ro("name", &OnlineInput::name)
      .def_prop_ro("type", [](const OnlineInput& i) { return i.type ? i.type->name : ""; })
      .def_ro("is_key", &OnlineInput::is_key)
      .def_ro("required", &OnlineInput::required);
  nb::class_<OnlineOutput>(m, "OnlineOutput", "What a request gets.")
      .def_ro("name", &OnlineOutput::name)
      .def_ro("feature", &OnlineOutput::feature)
      .def_ro("view", &OnlineOutput::view)
      .def_prop_ro("type", [](const OnlineOutput& o) { return o.type ? o.type->name : ""; });
  nb::class_<OnlinePlan>(m, "OnlinePlan", "How a request is answered. Immutable; thread-safe.")
      .def_prop_ro("inputs", [](const OnlinePlan& p) { return p.inputs(); })
      .def_prop_ro("outputs", [](const OnlinePlan& p) { return p.outputs(); })
      .def("explain", &OnlinePlan::explain);
}

// A request for which a name stands (of a service), or a list of "view:feature".
FeatureRequest request_of(nb::handle object, bool full_names) {
  if (nb::isinstance<FeatureRequest>(object)) {
    FeatureRequest request = nb::cast<FeatureRequest>(object);
    request.full_names |= full_names;
    return request;
  }
  FeatureRequest request;
  request.full_names = full_names;
  if (nb::isinstance<nb::str>(object)) {
    request.service = nb::cast<std::string>(object);
  } else {
    request.features = strings_from_python(object);
  }
  return request;
}

}  // namespace

void bind_store(nb::module_& m) {
  bind_reports(m);
  bind_requests(m);
  bind_online_reader(m);
  nb::class_<FeatureStore>(
      m, "FeatureStore",
      "A project's store in one folder: definitions as they were applied, the history of their "
      "features, and the latest values. Thread-safe. A request is a FeatureRequest, the name of a "
      "service, or a list of \"view:feature\".")
      .def("__init__", &make_store, nb::arg("driver"), nb::kw_only(),
           nb::arg("directory") = "store", nb::arg("project") = "default", nb::arg("registry") = "",
           nb::arg("online") = "", nb::arg("definitions") = std::vector<std::string>(),
           nb::arg("root") = "", nb::arg("inputs") = nb::dict(), nb::arg("online_ttl") = true,
           nb::arg("clock") = nb::none(), nb::keep_alive<1, 11>())
      .def(
          "apply",
          [](FeatureStore& store, bool allow_destructive, bool allow_deprecated, bool recompute,
             const std::string& user, const std::string& note) {
            const ApplyOptions options = {.allow_destructive = allow_destructive,
                                          .allow_deprecated = allow_deprecated,
                                          .recompute = recompute,
                                          .user = user,
                                          .note = note};
            return unlocked([&] { return store.apply(options); });
          },
          nb::kw_only(), nb::arg("allow_destructive") = false, nb::arg("allow_deprecated") = false,
          nb::arg("recompute") = true, nb::arg("user") = "", nb::arg("note") = "",
          "Makes the definitions what stands. Gives what changed, a line each.")
      .def(
          "rollback",
          [](FeatureStore& store, int64_t version, bool allow_destructive, bool allow_deprecated,
             bool allow_other_code, bool recompute, const std::string& user,
             const std::string& note) {
            const ApplyOptions options = {
                allow_destructive, allow_deprecated, allow_other_code, recompute, user, note};
            return unlocked([&] { return store.rollback(version, options); });
          },
          nb::arg("version"), nb::kw_only(), nb::arg("allow_destructive") = false,
          nb::arg("allow_deprecated") = false, nb::arg("allow_other_code") = false,
          nb::arg("recompute") = true, nb::arg("user") = "", nb::arg("note") = "")
      .def("definitions", &FeatureStore::definitions, nb::call_guard<nb::gil_scoped_release>())
      .def("version", &FeatureStore::version, nb::call_guard<nb::gil_scoped_release>())
      .def("refresh", &FeatureStore::refresh, nb::call_guard<nb::gil_scoped_release>(),
           "Looks whether somebody applied; if so, definitions and new plans are of that.")
      .def(
          "get_historical_features",
          [](const FeatureStore& store, const nb::object& asked, const nb::object& spine,
             const std::string& time, const nb::object& at, bool full_names,
             const std::string& as_of, bool event_times, bool reasons, int threads,
             int64_t memory_limit) {
            const FeatureRequest request = request_of(asked, full_names);
            const PointInTimeOptions options =
                join_options(as_of, event_times, reasons, threads, memory_limit);
            if (!spine.is_none()) {
              const Spine rows = spine_of(spine, time, at);
              return unlocked(
                  [&] { return store.get_historical_features(request, rows, options); });
            }
            const auto when = time_or_none(at);
            if (!when) {
              throw Error(ErrorCode::kInvalidArgument,
                          "a spine with the name of its time is needed, or a time for all keys");
            }
            return unlocked([&] { return store.get_historical_features(request, *when, options); });
          },
          nb::arg("request"), nb::arg("spine") = nb::none(), nb::arg("time") = "", nb::kw_only(),
          nb::arg("at") = nb::none(), nb::arg("full_names") = false, nb::arg("as_of") = "event",
          nb::arg("event_times") = false, nb::arg("reasons") = false, nb::arg("threads") = 0,
          nb::arg("memory_limit") = 0,
          "The features that stood at the time of each row of the spine; without a spine those of "
          "every key as of `at`.")
      .def(
          "explain_historical_features",
          [](const FeatureStore& store, const nb::object& asked, const nb::object& spine,
             const std::string& time, int64_t row, const nb::object& at, const std::string& as_of) {
            const FeatureRequest request = request_of(asked, false);
            const Spine rows = spine_of(spine, time, at);
            const PointInTimeOptions options = join_options(as_of, false, false, 0, 0);
            return unlocked(
                [&] { return store.explain_historical_features(request, rows, row, options); });
          },
          nb::arg("request"), nb::arg("spine"), nb::arg("time") = "", nb::arg("row") = 0,
          nb::kw_only(), nb::arg("at") = nb::none(), nb::arg("as_of") = "event")
      .def(
          "sql",
          [](const FeatureStore& store, const std::string& query, const nb::object& parameters,
             const nb::dict& tables) {
            const SqlParameters values = sql_parameters(parameters);
            nb::module_::import_("weft.duckdb_library").attr("provide")();
            // One for each query: what a query names is added to its engine, and stays there.
            SqlEngine engine;
            for (const auto& [name, table] : tables) {
              engine.add_table(nb::cast<std::string>(name), table_from_python(table));
            }
            return unlocked([&] { return store.sql(engine, query, values); });
          },
          nb::arg("query"), nb::arg("parameters") = nb::none(), nb::arg("tables") = nb::dict(),
          "The rows of a query over sources, views and these tables, by DuckDB. Parameters are "
          "bound: "
          "a dict for $name, a list for $1.")
      .def(
          "online_plan",
          [](const FeatureStore& store, const nb::object& asked, bool full_names) {
            const FeatureRequest request = request_of(asked, full_names);
            return unlocked([&] { return store.online_plan(request); });
          },
          nb::arg("request"), nb::kw_only(), nb::arg("full_names") = false)
      .def(
          "get_online_features",
          [](const FeatureStore& store, const nb::object& asked, const nb::object& rows,
             bool full_names) {
            const FeatureRequest request = request_of(asked, full_names);
            const Table table = table_from_python(rows);
            return unlocked([&] { return store.get_online_features(request, table); });
          },
          nb::arg("request"), nb::arg("rows"), nb::kw_only(), nb::arg("full_names") = false,
          "The rows' columns, and the latest features. A FeatureReader answers small requests "
          "faster.")
      .def(
          "push",
          [](FeatureStore& store, const std::string& source, const nb::object& rows,
             const std::string& to) {
            const Table table = table_from_python(rows);
            const PushTo where = push_to(to);
            return unlocked([&] { return store.push(source, table, where); });
          },
          nb::arg("source"), nb::arg("rows"), nb::kw_only(), nb::arg("to") = "both",
          "Rows as they happen: to history, to the latest values, or both, which is on disk and "
          "seen when it returns.")
      .def(
          "write_online",
          [](FeatureStore& store, const std::string& view, const nb::object& rows) {
            const Table table = table_from_python(rows);
            return unlocked([&] { return store.write_online(view, table); });
          },
          nb::arg("view"), nb::arg("rows"))
      .def(
          "write_offline",
          [](FeatureStore& store, const std::string& source, const nb::object& rows) {
            const Table table = table_from_python(rows);
            return unlocked([&] { return store.write_offline(source, table); });
          },
          nb::arg("source"), nb::arg("rows"))
      .def(
          "materialize",
          [](FeatureStore& store, const nb::object& views, const nb::object& start,
             const nb::object& end, const nb::object& progress) {
            const auto options = materialize_options(views, start, end, Progress(progress));
            return unlocked([&] { return store.materialize(options); });
          },
          nb::arg("views") = nb::list(), nb::kw_only(), nb::arg("start") = nb::none(),
          nb::arg("end") = nb::none(), nb::arg("progress") = nb::none(),
          "Brings the latest values of a range of event times online. progress(view, rows) is "
          "called after each block.")
      .def(
          "materialize_incremental",
          [](FeatureStore& store, const nb::object& views, const nb::object& end,
             const nb::object& progress) {
            const auto options = materialize_options(views, nb::none(), end, Progress(progress));
            return unlocked([&] { return store.materialize_incremental(options); });
          },
          nb::arg("views") = nb::list(), nb::kw_only(), nb::arg("end") = nb::none(),
          nb::arg("progress") = nb::none())
      .def(
          "forget",
          [](FeatureStore& store, const std::string& entity, const nb::object& keys) {
            const Table table = table_from_python(keys);
            return unlocked([&] { return store.forget(entity, table); });
          },
          nb::arg("entity"), nb::arg("keys"),
          "Removes entities everywhere in the store; `keys` has the entity's key columns.")
      .def("runs", &FeatureStore::runs, nb::arg("max") = 100,
           nb::call_guard<nb::gil_scoped_release>(), "Newest first.");
}

}  // namespace weft::python
