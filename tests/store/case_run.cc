#include "case_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/scratch_folder.h"
#include "data/text_form.h"
#include "testing/yaml_value.h"
#include "weft/clock.h"
#include "weft/module.h"
#include "weft/store.h"
#include "weft/testing.h"
#include "weft/write.h"

namespace weft::store_cases {
namespace {

std::vector<std::string> texts_of(const YAML::Node& node) {
  std::vector<std::string> texts;
  for (const auto& item : node) texts.push_back(item.Scalar());
  return texts;
}

std::optional<Time> time_if(const YAML::Node& node) {
  return node ? std::optional(time_of(node)) : std::nullopt;
}

FeatureRequest request_of(const YAML::Node& question) {
  FeatureRequest request;
  if (question["service"]) request.service = question["service"].Scalar();
  request.features = texts_of(question["features"]);
  request.full_names = question["full_names"] && question["full_names"].as<bool>();
  return request;
}

PointInTimeOptions join_options(const YAML::Node& question) {
  PointInTimeOptions options;
  if (question["as_of"] && question["as_of"].Scalar() == "known") options.as_of = AsOf::kKnown;
  options.reasons = question["reasons"] && question["reasons"].as<bool>();
  options.event_times = question["event_times"] && question["event_times"].as<bool>();
  options.threads = 2;
  return options;
}

MaterializeOptions materialize_options(const YAML::Node& node) {
  MaterializeOptions options;
  options.views = texts_of(node["views"]);
  options.start = time_if(node["start"]);
  options.end = time_if(node["end"]);
  return options;
}

PushTo push_to(const YAML::Node& node) {
  if (node["to"] && node["to"].Scalar() == "online") return PushTo::kOnline;
  if (node["to"] && node["to"].Scalar() == "offline") return PushTo::kOffline;
  return PushTo::kBoth;
}

// Exactly these columns, in this order, with these values.
std::string wrong_columns(const std::vector<std::string>& before, const YAML::Node& expect,
                          const Table& found) {
  const auto type_of = [&](const std::string& name) {
    return found.has(name) ? found.column(name).type() : nullptr;
  };
  const Table expected = table_of(expect, type_of);
  std::vector<std::string> names = before;
  for (const std::string& name : expected.names()) names.push_back(name);
  if (names != found.names()) {
    return fmt::format("expected the columns {}, found {}", fmt::join(names, ", "),
                       fmt::join(found.names(), ", "));
  }
  return testing::difference(expected, found.select(expected.names()));
}

class CaseRun {
 public:
  CaseRun(const StoreCase& c, RowsIn rows_in) : case_(c), rows_in_(rows_in) { clock_.set(c.now); }

  std::string run() {
    int line = case_.where.line;
    try {
      if (case_.steps.size() == 0 || !case_.steps[0]["apply"]) apply(case_.definitions);
      for (const auto& step : case_.steps) {
        line = step.Mark().line + 1;
        const std::string wrong = wrong_step(step);
        if (!wrong.empty()) return place(line) + wrong;
      }
    } catch (const Error& e) {
      return place(line) + std::string(error_code_name(e.code())) + ": " + e.what();
    }
    return "";
  }

 private:
  std::string place(int line) const { return fmt::format("{}:{}: ", case_.where.file, line); }

  // ---- definitions and rows ---------------------------------------------------------------------

  void apply(const YAML::Node& definitions) {
    YAML::Node placed = YAML::Clone(definitions);
    for (auto source : placed["sources"]) {
      YAML::Node spec = source.second;
      const bool is_file = !spec["kind"] || spec["kind"].Scalar() == "file";
      if (is_file && !spec["path"]) spec["path"] = path_of(source.first.Scalar());
    }
    StoreOptions options;
    options.directory = folder_.path() + "/store";
    options.clock = &clock_;
    options.definitions = {folder_.with("definitions.yaml", YAML::Dump(placed))};
    store_.emplace(Driver({compiled_module("store_cases")}), std::move(options));
    store_->apply({.allow_destructive = true});
    defined_ = store_->definitions();
    if (!has_rows_) give_rows();
    has_rows_ = true;
  }

  std::string path_of(const std::string& source) const {
    return folder_.path() + "/" + source + ".parquet";
  }

  void give_rows() {
    for (const Source& source : defined_.sources) {
      const YAML::Node given = case_.rows ? case_.rows[source.name] : YAML::Node();
      const Table rows = given ? rows_of(source, given) : no_rows(source);
      const bool is_file = source.kind == Source::Kind::kFile;
      const bool written = rows_in_ == RowsIn::kWritten;
      const int64_t in_file = !is_file  ? 0
                              : written ? std::min<int64_t>(1, rows.num_rows())
                                        : rows.num_rows();
      if (is_file && source.path == path_of(source.name)) {
        write_parquet(rows.slice(0, in_file), source.path);
      }
      if (!written && in_file < rows.num_rows()) store_->write_offline(source.name, rows);
      for (int64_t row = in_file; written && row < rows.num_rows(); ++row) {
        store_->write_offline(source.name, rows.slice(row, 1));
      }
    }
  }

  static Type type_in(const Source& source, const std::string& stored) {
    const auto renamed = source.renamed.find(stored);
    const std::string& name = renamed == source.renamed.end() ? stored : renamed->second;
    const auto column = std::ranges::find(source.columns, name, &ColumnSchema::name);
    if (column != source.columns.end()) return column->type;
    return name == source.time || name == source.known ? timestamp_type() : nullptr;
  }
  static Table rows_of(const Source& source, const YAML::Node& columns) {
    return table_of(columns, [&](const std::string& name) { return type_in(source, name); });
  }
  static Table no_rows(const Source& source) {
    YAML::Node columns(YAML::NodeType::Map);
    for (const ColumnSchema& column : source.columns) columns[column.name] = YAML::Node();
    for (const std::string& name : {source.time, source.known}) {
      if (!name.empty()) columns[name] = YAML::Node();
    }
    return rows_of(source, columns);
  }

  // Rows for a source of this name, which may be unknown.
  Table rows_for(const std::string& source, const YAML::Node& columns) const {
    const auto known = std::ranges::find(defined_.sources, source, &Source::name);
    return known == defined_.sources.end() ? asked(columns) : rows_of(*known, columns);
  }

  // Of keys, as their entities say; of features and times of a view's rows.
  Type type_of_column(const std::string& name) const {
    for (const FeatureService& service : defined_.services) {
      for (const ViewSelection& selection : service.views) {
        for (const auto& [key, request] : selection.keys) {
          if (request == name) return type_of_column(key);
        }
      }
    }
    for (const Entity& entity : defined_.entities) {
      const auto key = std::ranges::find(entity.keys, name, &ColumnSchema::name);
      if (key != entity.keys.end()) return key->type;
    }
    for (const Source& each : defined_.sources) {
      if (const Type type = type_in(each, name)) return type;
    }
    return nullptr;
  }

  // ---- steps ------------------------------------------------------------------------------------

  std::string wrong_step(const YAML::Node& step) {
    const YAML::Node error = step["error"];
    if (!error) return wrong_answer(step);
    try {
      wrong_answer(step);
    } catch (const Error& e) {
      const std::string what = fmt::format("{}: {}", error_code_name(e.code()), e.what());
      if (error["code"].Scalar() != error_code_name(e.code())) {
        return fmt::format("expected the error {}, found {}", error["code"].Scalar(), what);
      }
      for (const std::string& part : texts_of(error["contains"])) {
        if (what.find(part) == what.npos) {
          return fmt::format("expected an error with {}, found {}", quote(part), what);
        }
      }
      return "";
    }
    return fmt::format("expected the error {}, but it ran", error["code"].Scalar());
  }

  std::string wrong_answer(const YAML::Node& step) {
    if (const auto node = step["apply"]) apply(merged(case_.definitions, node["definitions"]));
    if (const auto node = step["clock"]) clock_.set(time_of(node));
    if (const auto node = step["materialize"]) store_->materialize(materialize_options(node));
    if (const auto node = step["incremental"]) {
      store_->materialize_incremental(materialize_options(node));
    }
    if (const auto node = step["push"]) {
      const std::string name = node["source"].Scalar();
      store_->push(name, rows_for(name, node["rows"]), push_to(node));
    }
    if (const auto node = step["write"]) write(node);
    if (step["history"]) return wrong_history(step, step["history"]);
    if (step["online"]) return wrong_online(step, step["online"]);
    if (step["both"]) return wrong_both(step, step["both"]);
    return "";
  }

  void write(const YAML::Node& node) {
    if (node["source"]) {
      const std::string name = node["source"].Scalar();
      store_->write_offline(name, rows_for(name, node["rows"]));
    } else {
      store_->write_online(node["view"].Scalar(), asked(node["rows"]));
    }
  }

  Table asked(const YAML::Node& rows) const {
    return table_of(rows, [&](const std::string& name) { return type_of_column(name); });
  }

  // ---- questions --------------------------------------------------------------------------------

  Table history(const YAML::Node& question, const PointInTimeOptions& options) {
    const FeatureRequest request = request_of(question);
    if (!question["rows"]) {
      return store_->get_historical_features(request, time_of(question["at"]), options);
    }
    Spine spine;
    if (question["time"]) spine.time = question["time"].Scalar();
    spine.at = time_if(question["at"]);
    spine.rows = table_of(question["rows"], [&](const std::string& name) {
      return name == spine.time ? timestamp_type() : type_of_column(name);
    });
    before_ = spine.rows.names();
    return store_->get_historical_features(request, spine, options);
  }

  std::string wrong_history(const YAML::Node& step, const YAML::Node& question) {
    before_.clear();
    PointInTimeOptions options = join_options(question);
    const Table found = history(question, options).load();
    const std::string wrong = wrong_columns(before_, step["expect"], found);
    if (!wrong.empty()) return wrong;
    options.memory_limit = 1;
    const std::string other = testing::difference(found, history(question, options).load());
    return other.empty() ? "" : "with little memory: " + other;
  }

  std::string wrong_both(const YAML::Node& step, const YAML::Node& question) {
    YAML::Node now = YAML::Clone(question);
    now["at"] = format_time(clock_.now());
    const std::string wrong = wrong_history(step, now);
    if (!wrong.empty()) return "history as of now: " + wrong;
    const Table past = history(now, join_options(question)).load();
    const Table latest = store_->get_online_features(request_of(question), asked(question["rows"]));
    const std::string other = testing::difference(past, latest);
    if (!other.empty()) return "online is not history: " + other;
    return wrong_online(step, question);
  }

  std::string wrong_online(const YAML::Node& step, const YAML::Node& question) {
    FeatureReader reader(store_->online_plan(request_of(question)));
    const bool is_count = question["rows"].IsScalar();
    const Table rows = is_count ? Table() : asked(question["rows"]);
    reader.begin(is_count ? question["rows"].as<int64_t>() : rows.num_rows());
    const auto& inputs = reader.plan().inputs();
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!rows.has(inputs[i].name)) continue;
      const ColumnData column = rows.column(inputs[i].name);
      for (int64_t row = 0; row < column.size(); ++row) reader.set_value(row, i, column.at(row));
    }
    reader.run();
    std::string wrong = wrong_columns({}, step["expect"], reader.table());
    if (wrong.empty()) wrong = wrong_statuses(step["statuses"], reader);
    if (wrong.empty()) wrong = wrong_times(step["event_times"], reader);
    reader.end();
    if (!wrong.empty() || is_count) return wrong;
    const Table table = store_->get_online_features(request_of(question), rows);
    return wrong_columns(rows.names(), step["expect"], table);
  }

  static size_t output_of(const FeatureReader& reader, const std::string& name) {
    const auto& outputs = reader.plan().outputs();
    const auto at = std::ranges::find(outputs, name, &OnlineOutput::name) - outputs.begin();
    return static_cast<size_t>(at);
  }

  static std::string wrong_statuses(const YAML::Node& expect, const FeatureReader& reader) {
    for (const auto& item : expect) {
      const size_t output = output_of(reader, item.first.Scalar());
      std::vector<std::string> found;
      for (int64_t row = 0; row < reader.rows(); ++row) {
        found.emplace_back(feature_status_name(reader.status(row, output)));
      }
      if (texts_of(item.second) == found) continue;
      return fmt::format("statuses of {}: expected {}, found {}", item.first.Scalar(),
                         fmt::join(texts_of(item.second), ", "), fmt::join(found, ", "));
    }
    return "";
  }

  static std::string wrong_times(const YAML::Node& expect, const FeatureReader& reader) {
    for (const auto& item : expect) {
      const size_t output = output_of(reader, item.first.Scalar());
      int64_t row = 0;
      for (const auto& each : item.second) {
        const Time wanted = each.IsNull() ? Time() : time_of(each);
        const Time found = reader.event_time(row++, output);
        if (wanted == found) continue;
        return fmt::format("event time of {} in row {}: expected {}, found {}", item.first.Scalar(),
                           row - 1, format_time(wanted), format_time(found));
      }
    }
    return "";
  }

  const StoreCase& case_;
  const RowsIn rows_in_;
  ScratchFolder folder_;
  ManualClock clock_;
  std::optional<FeatureStore> store_;
  StoreDefinitions defined_;
  bool has_rows_ = false;
  std::vector<std::string> before_;  // columns of the last question's spine
};

}  // namespace

std::string run_store_case(const StoreCase& c, RowsIn rows_in) { return CaseRun(c, rows_in).run(); }

}  // namespace weft::store_cases
