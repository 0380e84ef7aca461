// Our own routes: features as rows, definitions, pushes, runs, health, metrics.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "registry/spec.h"
#include "server/http_answer.h"
#include "server/responder.h"

namespace weft {
namespace {

constexpr int64_t kRunsMax = 1000;

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

bool is_true(const std::string& text, std::string_view name) {
  if (text.empty() || text == "false") return false;
  if (text == "true") return true;
  fail(fmt::format("{}: expected true or false, found {}", name, quote(text)));
}

bool flag(const JsonValue& body, std::string_view name) {
  const auto found = body.find(name);
  if (!found || found->is_null()) return false;
  if (found->kind() != JsonValue::Kind::kBool) {
    fail(fmt::format("{}: expected true or false, found {}", name, found->shown()));
  }
  return found->boolean();
}

void append_member(std::string_view name, std::string_view text, std::string& out) {
  if (out.back() != '{') out += ',';
  append_text(name, out);
  out += ':';
  append_text(text, out);
}

// A definition's JSON with its name as the first field.
std::string named(const std::string& name, const std::string& json) {
  std::string out = "{\"name\":";
  append_text(name, out);
  if (json.size() > 2) out += ',';
  return out + json.substr(1);
}

template <class T>
std::string list_of(std::string_view what, const std::vector<T>& definitions) {
  std::string out = "{\"";
  out.append(what).append("\":[");
  for (const T& each : definitions) {
    if (out.back() != '[') out += ',';
    out += named(each.name, to_json(each));
  }
  return out + "]}";
}

template <class T>
const T& find(const std::vector<T>& definitions, std::string_view what, const std::string& name) {
  const auto found = std::ranges::find(definitions, name, &T::name);
  if (found != definitions.end()) return *found;
  std::vector<std::string> names;
  for (const T& each : definitions) names.push_back(each.name);
  throw Error(ErrorCode::kNotFound,
              fmt::format("no {} is called {}{}", what, quote(name), did_you_mean(name, names)));
}

// What a request of this plan brings and gets, as two more fields of `json`.
std::string with_plan(std::string json, const OnlinePlan& plan) {
  json.pop_back();
  json += ",\"inputs\":[";
  for (const OnlineInput& input : plan.inputs()) {
    if (json.back() != '[') json += ',';
    json += '{';
    append_member("name", input.name, json);
    append_member("type", input.type->name, json);
    json += fmt::format(",\"key\":{},\"required\":{}}}", input.is_key, input.required);
  }
  json += "],\"outputs\":[";
  for (const OnlineOutput& output : plan.outputs()) {
    if (json.back() != '[') json += ',';
    json += '{';
    append_member("name", output.name, json);
    append_member("type", output.type ? output.type->name : "object", json);
    if (!output.view.empty()) append_member("view", output.view, json);
    json += '}';
  }
  return json + "]}";
}

ColumnData nulls(Type type, int64_t n) {
  return ColumnData::of_values(type, std::vector<Value>(static_cast<size_t>(n)));
}

PushTo push_to(const std::string& text) {
  if (text.empty() || text == "both") return PushTo::kBoth;
  if (text == "online") return PushTo::kOnline;
  if (text == "offline") return PushTo::kOffline;
  fail("to: expected online, offline or both, found " + quote(text));
}

void append_report(const WriteReport& report, std::string& out) {
  out += fmt::format("{{\"rows\":{},\"offline\":{},\"online\":{},\"older\":{}}}", report.rows,
                     report.offline, report.online, report.older);
}

void append_run(const StoreRun& run, std::string& out) {
  out += fmt::format("{{\"id\":{}", run.id);
  append_member("what", run.what, out);
  append_member("view", run.view, out);
  append_member("user", run.user, out);
  const auto time = [&](std::string_view name, Time at) {
    std::string text;
    append_time(at, text);
    append_member(name, text, out);
  };
  time("started", run.started);
  if (run.start) time("start", *run.start);
  if (run.end) time("end", *run.end);
  append_member("took", format_duration(run.took), out);
  out += fmt::format(",\"rows\":{},\"written\":{},\"older\":{},\"registry_version\":{}", run.rows,
                     run.written, run.older, run.registry_version);
  out += run.ended ? ",\"ended\":true" : ",\"ended\":false";
  if (!run.warning.empty()) append_member("warning", run.warning, out);
  if (!run.error.empty()) append_member("error", run.error, out);
  out += '}';
}

}  // namespace

// ---- features as rows ---------------------------------------------------------------------------

void Responder::features() {
  const bool from_arrow = is_arrow(request_->content_type);
  const bool to_arrow = is_arrow(request_->accept);
  bool statuses = false;
  bool event_times = false;
  std::optional<JsonValue> objects;
  wanted_.full_names = false;
  if (from_arrow) {
    const std::string_view query = request_->query();
    wanted_.service = query_value(query, "service");
    std::string names = query_value(query, "features");
    while (!names.empty()) {
      const size_t comma = names.find(',');
      wanted_.features.push_back(names.substr(0, comma));
      names.erase(0, comma == names.npos ? comma : comma + 1);
    }
    wanted_.full_names = is_true(query_value(query, "full_names"), "full_names");
    statuses = is_true(query_value(query, "statuses"), "statuses");
    event_times = is_true(query_value(query, "event_times"), "event_times");
  } else {
    const JsonValue root = body();
    const auto service = root.find("service");
    if (service && service->is_text()) wanted_.service = service->text();
    if (const auto list = root.find("features"); list && list->is_list()) {
      for (const JsonValue each : *list) {
        if (!each.is_text()) fail("features: expected names, found " + each.shown());
        wanted_.features.emplace_back(each.text());
      }
    }
    wanted_.full_names = flag(root, "full_names");
    statuses = flag(root, "statuses");
    event_times = flag(root, "event_times");
    objects = root.find("rows");
    if (!objects || !objects->is_list()) fail("rows: expected a list of objects");
  }
  CachedPlan& plan = plans_.find(wanted_);
  response_->service = plan.service;
  try {
    objects ? take_objects(plan, *objects, to_arrow) : take_columns(plan, arrow_body());
    response_->rows = plan.reader.rows();
    plan.reader.run();
    to_arrow ? write_arrow(plan, statuses, event_times)
             : write_objects(plan, statuses, event_times);
    plan.count(server_.options.clock->now());
  } catch (...) {
    plan.reader.end();
    throw;
  }
  plan.reader.end();  // lets go of the state of the store that it read
}

void Responder::take_objects(CachedPlan& plan, const JsonValue& rows, bool keep_columns) {
  const std::vector<OnlineInput>& inputs = plan.inputs();
  plan.reader.begin(rows.size());
  echo_.clear();
  echo_ends_.clear();
  std::vector<ColumnBuilder> columns;
  for (const OnlineInput& input : inputs) {
    if (keep_columns) columns.emplace_back(input.type);
  }
  int64_t row = 0;
  for (const JsonValue object : rows) {
    if (!object.is_object()) {
      fail(fmt::format("rows: row {}: expected an object, found {}", row, object.shown()));
    }
    for (size_t input = 0; input < inputs.size(); ++input) {
      const auto value = object.find(inputs[input].name);
      const bool is_given = value && !value->is_null();
      if (is_given) set_input(plan, row, input, *value);
      if (keep_columns) {
        is_given ? columns[input].append_stored(cell_.slot()) : columns[input].append_null();
        continue;
      }
      is_given ? append_slot(inputs[input].type, cell_.slot(), JsonTimes::kText, echo_)
               : void(echo_ += "null");
      echo_ends_.push_back(echo_.size());
    }
    ++row;
  }
  given_.clear();
  for (size_t input = 0; input < columns.size(); ++input) {
    given_.emplace_back(inputs[input].name, columns[input].finish());
  }
}

void Responder::take_columns(CachedPlan& plan, const Table& rows) {
  const std::vector<OnlineInput>& inputs = plan.inputs();
  plan.reader.begin(rows.num_rows());
  echo_.clear();
  echo_ends_.assign(static_cast<size_t>(rows.num_rows()) * inputs.size(), 0);
  const bool to_json = !is_arrow(request_->accept);
  given_.clear();
  std::vector<FlatColumn> columns;
  for (const OnlineInput& input : inputs) {
    const bool is_given = input.required || rows.has(input.name);
    given_.emplace_back(input.name, is_given ? rows.column(input.name).as(input.type)
                                             : nulls(input.type, rows.num_rows()));
    columns.emplace_back(given_.back().second);
  }
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    for (size_t input = 0; input < inputs.size(); ++input) {
      const Slice slots = columns[input].slice();
      const void* slot = slots.is_valid(row) ? slots.data + row * slots.stride : nullptr;
      if (slot) plan.reader.set_slot(row, input, slot);
      if (!to_json) continue;
      slot ? append_slot(inputs[input].type, slot, JsonTimes::kText, echo_) : void(echo_ += "null");
      echo_ends_[static_cast<size_t>(row) * inputs.size() + input] = echo_.size();
    }
  }
}

void Responder::write_objects(const CachedPlan& plan, bool statuses, bool event_times) {
  std::string& out = response_->body;
  const FeatureReader& reader = plan.reader;
  const std::vector<OnlineOutput>& outputs = plan.outputs();
  const auto each_row = [&](std::string_view head, const auto& write) {
    out += head;
    for (int64_t row = 0; row < reader.rows(); ++row) {
      out += row > 0 ? ",{" : "{";
      write(row);
      out += '}';
    }
    out += ']';
  };
  const auto name = [&](const std::string& text) {
    if (out.back() != '{') out += ',';
    append_text(text, out);
    out += ':';
  };
  each_row("{\"rows\":[", [&](int64_t row) {
    for (const size_t input : plan.shown_inputs) {
      const size_t at = static_cast<size_t>(row) * plan.inputs().size() + input;
      const size_t from = at > 0 ? echo_ends_[at - 1] : 0;
      name(plan.inputs()[input].name);
      out.append(echo_, from, echo_ends_[at] - from);
    }
    for (size_t output = 0; output < outputs.size(); ++output) {
      name(outputs[output].name);
      const Type type = outputs[output].type;
      const void* slot = type ? reader.slot(row, output) : nullptr;
      slot ? append_slot(type, slot, JsonTimes::kText, out) : void(out += "null");
    }
  });
  if (statuses) {
    each_row(",\"statuses\":[", [&](int64_t row) {
      for (size_t output = 0; output < outputs.size(); ++output) {
        name(outputs[output].name);
        out.append(1, '"').append(feature_status_name(reader.status(row, output))).append(1, '"');
      }
    });
  }
  if (event_times) {
    each_row(",\"event_times\":[", [&](int64_t row) {
      for (size_t output = 0; output < outputs.size(); ++output) {
        name(outputs[output].name);
        const Time time = reader.event_time(row, output);
        if (time == Time()) {
          out += "null";
          continue;
        }
        out += '"';
        append_time(time, out);
        out += '"';
      }
    });
  }
  out += '}';
}

void Responder::write_arrow(const CachedPlan& plan, bool statuses, bool event_times) {
  const FeatureReader& reader = plan.reader;
  const Table values = reader.table();
  Table table;
  for (const size_t input : plan.shown_inputs) {
    table = table.with_column(given_[input].first, given_[input].second);
  }
  for (size_t output = 0; output < plan.outputs().size(); ++output) {
    const std::string& name = plan.outputs()[output].name;
    std::vector<std::string_view> names;
    std::vector<std::optional<Time>> times;
    for (int64_t row = 0; row < reader.rows(); ++row) {
      names.push_back(feature_status_name(reader.status(row, output)));
      const Time time = reader.event_time(row, output);
      times.push_back(time == Time() ? std::nullopt : std::optional(time));
    }
    table = table.with_column(name, values.column(name));
    if (statuses) table = table.with_column(name + "__status", ColumnData::of(names));
    if (event_times) table = table.with_column(name + "__event_time", ColumnData::of(times));
  }
  response_->content_type = kArrowType;
  response_->body = arrow_of_rows(table);
}

// ---- writing ------------------------------------------------------------------------------------

void Responder::push() {
  const std::string source = argument_text();
  std::string to = query_value(request_->query(), "to");
  if (is_arrow(request_->content_type)) {
    return append_report(store_.push(source, arrow_body(), push_to(to)), response_->body);
  }
  const JsonValue root = body();
  if (const auto given = root.find("to"); given && given->is_text()) to = given->text();
  const PushTo where = push_to(to);
  const auto rows = root.find("rows");
  if (!rows) fail("the body has no field 'rows'");
  const TakenRows taken = rows_of_objects(*rows, types_of_source(source));
  if (taken.bad_count == 0) {
    const WriteReport report = store_.push(source, taken.rows, where);
    response_->rows = report.rows;
    return append_report(report, response_->body);
  }
  set_error(*response_, 422, error_code_name(ErrorCode::kTypeMismatch), bad_values_text(taken));
  std::string& out = response_->body;
  out.erase(out.size() - 2);
  out += ",\"rows\":[";
  for (const BadValue& bad : taken.bad) {
    if (out.back() != '[') out += ',';
    out += fmt::format("{{\"row\":{}", bad.row);
    append_member("column", bad.column, out);
    append_member("reason", bad.reason, out);
    out += '}';
  }
  out += "]}}";
}

// ---- what stands --------------------------------------------------------------------------------

void Responder::services() { response_->body = list_of("services", store_.definitions().services); }
void Responder::views() { response_->body = list_of("views", store_.definitions().views); }

void Responder::service() {
  const std::string name = argument_text();
  const StoreDefinitions definitions = store_.definitions();
  const std::string json = to_json(find(definitions.services, "service", name));
  response_->body = with_plan(named(name, json), store_.online_plan({.service = name}));
}

void Responder::view() {
  const std::string name = argument_text();
  const StoreDefinitions definitions = store_.definitions();
  const FeatureView& view = find(definitions.views, "view", name);
  response_->body = named(name, to_json(view));
  if (!view.online) return;
  response_->body =
      with_plan(std::move(response_->body), store_.online_plan({.features = {name + ":*"}}));
}

void Responder::runs() {
  const std::string text = query_value(request_->query(), "max");
  int64_t max = 100;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), max);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (!text.empty() && (!is_number || max < 1 || max > kRunsMax)) {
    fail(fmt::format("max: expected a number from 1 to {}, found {}", kRunsMax, quote(text)));
  }
  std::string& out = response_->body;
  out += "{\"runs\":[";
  for (const StoreRun& run : store_.runs(max)) {
    if (out.back() != '[') out += ',';
    append_run(run, out);
  }
  out += "]}";
}

void Responder::health() {
  if (!server_.http.is_stopping()) return;
  set_error(*response_, 503, "cancelled", "the server stops");
}

void Responder::metrics() {
  const HttpCounts& counts = server_.http.counts();
  const Gauge gauges[] = {
      {"weft_http_connections", "Connections open now.", counts.connections},
      {"weft_http_connections_accepted_total", "Connections accepted.", counts.accepted, true},
      {"weft_http_connections_refused_total", "Connections above the limit.",
       counts.refused_connections, true},
      {"weft_http_requests_under_way", "Requests read and not yet answered.", counts.requests},
      {"weft_http_received_bytes_total", "Bytes received.", counts.bytes_in, true},
      {"weft_http_sent_bytes_total", "Bytes sent.", counts.bytes_out, true},
      {"weft_registry_version", "The version of the definitions.", store_.version()},
  };
  response_->content_type = "text/plain; version=0.0.4; charset=utf-8";
  response_->body = server_.metrics.text(gauges);
}

}  // namespace weft
