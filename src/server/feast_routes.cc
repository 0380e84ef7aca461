// Feast's feature-server protocol; docs/reference/http.md says where we differ and why.
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "server/http_answer.h"
#include "server/responder.h"

namespace weft {
namespace {

constexpr std::string_view kEpoch = "\"1970-01-01T00:00:00Z\"";

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

const JsonValue member(const JsonValue& body, std::string_view name) {
  const auto found = body.find(name);
  if (!found) fail(fmt::format("the body has no field '{}'", name));
  return *found;
}

std::string text_member(const JsonValue& body, std::string_view name) {
  const JsonValue value = member(body, name);
  if (!value.is_text()) fail(fmt::format("{}: expected a text, found {}", name, value.shown()));
  return std::string(value.text());
}

bool flag(const JsonValue& body, std::string_view name) {
  const auto found = body.find(name);
  if (!found || found->is_null()) return false;
  if (found->kind() != JsonValue::Kind::kBool) {
    fail(fmt::format("{}: expected true or false, found {}", name, found->shown()));
  }
  return found->boolean();
}

void read_names(const JsonValue& body, std::string_view name, std::vector<std::string>& into) {
  into.clear();
  const auto found = body.find(name);
  if (!found || found->is_null()) return;
  if (!found->is_list()) {
    fail(fmt::format("{}: expected a list of names, found {}", name, found->shown()));
  }
  for (const JsonValue each : *found) {
    if (!each.is_text()) fail(fmt::format("{}: expected names, found {}", name, each.shown()));
    into.emplace_back(each.text());
  }
}

Time time_member(const JsonValue& body, std::string_view name) {
  const std::string text = text_member(body, name);
  const auto time = parse_time(text);
  if (!time) fail(fmt::format("{}: expected a time as in RFC 3339, found {}", name, quote(text)));
  return *time;
}

// Number of rows; all columns have as many.
int64_t rows_of_entities(const JsonValue& entities) {
  if (!entities.is_object()) {
    fail("entities: expected an object of lists, one for each key; found " + entities.shown());
  }
  int64_t rows = -1;
  std::string_view first;
  for (auto it = entities.begin(); it != entities.end(); ++it) {
    const std::string_view name = (*it).text();
    ++it;
    if (!(*it).is_list()) {
      fail(fmt::format("entities: '{}': expected a list, found {}", name, (*it).shown()));
    }
    if (rows >= 0 && (*it).size() != rows) {
      fail(fmt::format("entities: the lists differ in length: '{}' has {} values, '{}' has {}",
                       first, rows, name, (*it).size()));
    }
    rows = (*it).size();
    first = name;
  }
  return rows < 0 ? 1 : rows;  // what has no keys has one row
}

void append_repeated(std::string_view text, int64_t n, std::string& out) {
  for (int64_t i = 0; i < n; ++i) {
    if (i > 0) out += ',';
    out += text;
  }
}

// A list of texts for the rows of one output after another. Features of a view's row are of one
// time, and most are there: a list like the last one is copied.
struct RepeatedList {
  size_t at = 0;
  size_t bytes = 0;

  template <class Of, class Append>
  void append(size_t output, int64_t rows, Of of, Append append_one, std::string& out) {
    bool is_as_last = output > 0;
    for (int64_t row = 0; row < rows && is_as_last; ++row) {
      is_as_last = of(row, output) == of(row, output - 1);
    }
    if (is_as_last) {
      out.append(out, at, bytes);
      return;
    }
    at = out.size();
    for (int64_t row = 0; row < rows; ++row) {
      out += row > 0 ? ",\"" : "\"";
      append_one(of(row, output));
      out += '"';
    }
    bytes = out.size() - at;
  }
};

}  // namespace

// ---- reading ------------------------------------------------------------------------------------

void Responder::feast_features() {
  const JsonValue root = body();
  const JsonValue entities = member(root, "entities");
  const auto service = root.find("feature_service");
  wanted_.service.clear();
  if (service && !service->is_null()) wanted_.service = text_member(root, "feature_service");
  read_names(root, "features", wanted_.features);
  // Feast asks the service and leaves the features aside.
  if (!wanted_.service.empty()) wanted_.features.clear();
  wanted_.full_names = flag(root, "full_feature_names");
  const int64_t rows = rows_of_entities(entities);
  CachedPlan& plan = plans_.find(wanted_);
  response_->service = plan.service;
  response_->rows = rows;
  plan.reader.begin(rows);
  try {
    take_feast_entities(plan, entities, rows);
    plan.reader.run();
    write_feast_answer(plan);
    plan.count(server_.options.clock->now());
  } catch (...) {
    plan.reader.end();
    throw;
  }
  plan.reader.end();  // lets go of the state of the store that it read
}

// Also writes the keys, which come first in the answer, as they were understood.
void Responder::take_feast_entities(CachedPlan& plan, const JsonValue& entities, int64_t rows) {
  std::string& out = response_->body;
  out = "{\"results\":[";
  bool is_first = true;
  for (size_t input = 0; input < plan.inputs().size(); ++input) {
    const OnlineInput& wanted = plan.inputs()[input];
    const auto given = entities.find(wanted.name);
    if (!given) {
      if (!wanted.required) continue;
      std::vector<std::string> names;
      for (auto it = entities.begin(); it != entities.end(); ++ ++it) {
        names.emplace_back((*it).text());
      }
      fail(fmt::format("entities: {} '{}' is missing{}", wanted.is_key ? "the key" : "the value",
                       wanted.name, did_you_mean(wanted.name, names)));
    }
    if (wanted.is_key) {
      out += is_first ? "{\"values\":[" : ",{\"values\":[";
      is_first = false;
    }
    int64_t row = 0;
    for (const JsonValue value : *given) {
      set_input(plan, row, input, value);
      if (wanted.is_key) {
        if (row > 0) out += ',';
        value.is_null() ? void(out += "null")
                        : append_slot(wanted.type, cell_.slot(), JsonTimes::kSeconds, out);
      }
      ++row;
    }
    if (!wanted.is_key) continue;
    out += "],\"statuses\":[";
    append_repeated("\"PRESENT\"", rows, out);
    out += "],\"event_timestamps\":[";
    append_repeated(kEpoch, rows, out);
    out += "]}";
  }
}

void Responder::write_feast_answer(const CachedPlan& plan) {
  std::string& out = response_->body;
  const FeatureReader& reader = plan.reader;
  const std::vector<OnlineOutput>& outputs = plan.outputs();
  const auto status = [&](int64_t row, size_t output) { return reader.status(row, output); };
  const auto time = [&](int64_t row, size_t output) { return reader.event_time(row, output); };
  RepeatedList statuses, times;
  for (size_t output = 0; output < outputs.size(); ++output) {
    const Type type = outputs[output].type;
    out += out.back() == '[' ? "{\"values\":[" : ",{\"values\":[";
    for (int64_t row = 0; row < reader.rows(); ++row) {
      if (row > 0) out += ',';
      const void* slot = type ? reader.slot(row, output) : nullptr;
      slot ? append_slot(type, slot, JsonTimes::kSeconds, out) : void(out += "null");
    }
    out += "],\"statuses\":[";
    statuses.append(
        output, reader.rows(), status,
        [&](FeatureStatus each) { out += feature_status_name(each); }, out);
    out += "],\"event_timestamps\":[";
    times.append(output, reader.rows(), time, [&](Time each) { append_time(each, out); }, out);
    out += "]}";
  }
  out += "],\"metadata\":{\"feature_names\":[";
  bool is_first = true;
  const auto name = [&](const std::string& text) {
    if (!is_first) out += ',';
    is_first = false;
    append_text(text, out);
  };
  for (const OnlineInput& input : plan.inputs()) {
    if (input.is_key) name(input.name);
  }
  for (const OnlineOutput& output : outputs) name(output.name);
  out += "]}}";
}

// ---- writing ------------------------------------------------------------------------------------

void Responder::feast_push() {
  const JsonValue root = body();
  const std::string source = text_member(root, "push_source_name");
  PushTo to = PushTo::kOnline;
  if (root.find("to")) {
    const std::string text = text_member(root, "to");
    if (text != "online" && text != "offline" && text != "online_and_offline") {
      fail("to: expected online, offline or online_and_offline, found " + quote(text));
    }
    if (text == "offline") to = PushTo::kOffline;
    if (text == "online_and_offline") to = PushTo::kBoth;
  }
  const TakenRows taken = rows_of_columns(member(root, "df"), types_of_source(source));
  if (taken.bad_count > 0) fail("df: " + bad_values_text(taken));
  response_->rows = store_.push(source, taken.rows, to).rows;
}

void Responder::feast_write() {
  const JsonValue root = body();
  const std::string name = text_member(root, "feature_view_name");
  const StoreDefinitions definitions = store_.definitions();
  const auto view = std::ranges::find(definitions.views, name, &FeatureView::name);
  if (view == definitions.views.end()) {
    std::vector<std::string> names;
    for (const FeatureView& each : definitions.views) names.push_back(each.name);
    throw Error(ErrorCode::kNotFound,
                fmt::format("no view is called {}{}", quote(name), did_you_mean(name, names)));
  }
  // Feast's client calls the times so, whatever the source calls them.
  const std::string& time = view->source.time;
  const std::string& known = view->source.known;
  const ColumnType types = types_of_view(*view);
  const auto type = [&](std::string_view column, bool is_text) -> Type {
    if (column == "event_timestamp" || column == "created") return timestamp_type();
    return types(column, is_text);
  };
  TakenRows taken = rows_of_columns(member(root, "df"), type);
  if (taken.bad_count > 0) fail("df: " + bad_values_text(taken));
  Table rows = taken.rows;
  if (!rows.has(time) && rows.has("event_timestamp")) rows = rows.rename("event_timestamp", time);
  if (!known.empty() && !rows.has(known) && rows.has("created")) {
    rows = rows.rename("created", known);
  }
  std::vector<std::string> kept;
  for (const std::string& column : rows.names()) {
    if (types(column, false)) kept.push_back(column);
  }
  response_->rows = store_.write_online(name, rows.select(kept)).rows;
  response_->body = "null";
}

// ---- materialize --------------------------------------------------------------------------------

void Responder::feast_materialize() { materialize(false); }
void Responder::feast_materialize_incremental() { materialize(true); }

void Responder::materialize(bool incremental) {
  const JsonValue root = body();
  MaterializeOptions options;
  read_names(root, "feature_views", options.views);
  if (const auto version = root.find("version"); version && !version->is_null()) {
    fail("version: views have one version here, the one that was applied");
  }
  if (!incremental && flag(root, "disable_event_timestamp")) {
    options.end = server_.options.clock->now();
  } else {
    if (!incremental) options.start = time_member(root, "start_ts");
    options.end = time_member(root, "end_ts");
  }
  if (options.start && *options.start >= *options.end) fail("start_ts must come before end_ts");
  if (options.views.empty()) {
    for (const FeatureView& view : store_.definitions().views) {
      if (view.online && view.source.kind != Source::Kind::kRequest) {
        options.views.push_back(view.name);
      }
    }
  }
  run_materialize(options, incremental);
}

void Responder::run_materialize(const MaterializeOptions& options, bool incremental) {
  const auto names = [&](const std::vector<std::string>& views) {
    std::string out = "\"feature_views\":[";
    for (const std::string& view : views) {
      if (out.back() != '[') out += ',';
      append_text(view, out);
    }
    return out + "]";
  };
  const StoreDefinitions definitions = store_.definitions();
  for (const std::string& name : options.views) {
    if (std::ranges::find(definitions.views, name, &FeatureView::name) == definitions.views.end()) {
      throw Error(ErrorCode::kNotFound, "no view is called " + quote(name));
    }
  }
  const bool force = query_value(request_->query(), "force") == "true";
  const std::vector<std::string> busy =
      force ? std::vector<std::string>() : server_.running.begin(options.views);
  if (!busy.empty()) {
    response_->status = 409;
    response_->error = error_code_name(ErrorCode::kConflict);
    response_->body =
        "{\"error\":\"some of the views are being materialized: wait, or say "
        "force=true\"," +
        names(busy) + "}";
    return;
  }
  const auto work = [server = &server_, options, incremental, force] {
    MaterializeOptions stoppable = options;
    stoppable.progress = [server](const std::string&, int64_t) {
      if (server->http.is_stopping()) {
        throw Error(ErrorCode::kCancelled, "the server stops: run it again to go on");
      }
    };
    const auto end = [&] {
      if (!force) server->running.end(options.views);
    };
    try {
      incremental ? server->store->materialize_incremental(stoppable)
                  : server->store->materialize(stoppable);
    } catch (...) {
      end();
      throw;
    }
    end();
  };
  if (query_value(request_->query(), "async") != "true") {
    work();
    response_->body = "null";
    return;
  }
  const bool taken = server_.http.submit(Lane::kJobs, [server = &server_, work](HttpHandler&) {
    try {
      work();
    } catch (const std::exception& error) {
      server->tell(std::string("materialize: ") + error.what());
    }
  });
  if (!taken) {
    if (!force) server_.running.end(options.views);
    set_error(*response_, 503, "resource_limit", "there are too many jobs: try again later");
    response_->retry_after_s = 1;
    return;
  }
  response_->status = 202;
  response_->body = "{\"status\":\"accepted\"," + names(options.views) + "}";
}

// ---- errors -------------------------------------------------------------------------------------

// The class of Feast's that its client makes of it.
std::string_view Responder::feast_class(int status, std::string_view code) const {
  if (status == 403) return "FeastPermissionError";
  if (code != error_code_name(ErrorCode::kNotFound)) return "FeastError";
  if (request_->path() == "/push") return "PushSourceNotFoundException";
  if (!wanted_.service.empty()) return "FeatureServiceNotFoundException";
  return "FeatureViewNotFoundException";
}

// A JSON text that holds JSON, as Feast sends it.
void Responder::feast_error(int status, std::string_view code, const std::string& message) {
  const std::string_view name = feast_class(status, code);
  // Feast says 422 of a push source that is not there, and that the client has mistaken the body.
  std::string inner = "{\"module\": \"feast.errors\", \"class\": \"";
  inner += name;
  inner += "\", \"message\": ";
  append_text(message, inner);
  inner += '}';
  response_->status = name == "PushSourceNotFoundException" ? 422 : status;
  response_->content_type = kJsonType;
  response_->error = code;
  response_->body.clear();
  append_text(inner, response_->body);
}

}  // namespace weft
