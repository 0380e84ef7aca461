#include "server/responder.h"

#include <fmt/format.h>

#include "base/thrown.h"
#include "server/http_answer.h"
#include "store/stored_functions.h"

namespace weft {
namespace {

constexpr std::string_view kArgument = "{name}";

// One part of a path, which is not empty.
bool matches(std::string_view pattern, std::string_view path, std::string_view& argument) {
  if (!pattern.ends_with(kArgument)) return pattern == path;
  const std::string_view head = pattern.substr(0, pattern.size() - kArgument.size());
  if (!path.starts_with(head)) return false;
  const std::string_view rest = path.substr(head.size());
  if (rest.empty() || rest.find('/') != rest.npos) return false;
  argument = rest;
  return true;
}

}  // namespace

int http_status(ErrorCode code, bool is_write) {
  switch (code) {
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kTypeMismatch:
    case ErrorCode::kCheckFailed:
    case ErrorCode::kInvalidGraph:
    case ErrorCode::kUnsupported:
      return 422;
    case ErrorCode::kBadData:
      return is_write ? 422 : 500;
    case ErrorCode::kIo:
    case ErrorCode::kCancelled:
      return 503;
    case ErrorCode::kResourceLimit:
      return 413;
    case ErrorCode::kFunctionFailed:
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

Responder::Responder(ServerState& server)
    : server_(server),
      store_(*server.store),
      shard_(server.metrics.add_shard()),
      plans_(store_, shard_, server.options.plans_max) {}

std::span<const Responder::Route> Responder::routes() {
  using enum Lane;
  using enum AccessScope;
  constexpr Form kFeast = Form::kFeast;
  constexpr Form kOwn = Form::kOwn;
  static const Route all[] = {
      {"POST", "/get-online-features", kRead, kHere, kFeast, &Responder::feast_features},
      {"POST", "/v1/features", kRead, kHere, kOwn, &Responder::features},
      {"POST", "/push", kWrite, kWrites, kFeast, &Responder::feast_push},
      {"POST", "/v1/push/{name}", kWrite, kWrites, kOwn, &Responder::push},
      {"POST", "/write-to-online-store", kWrite, kWrites, kFeast, &Responder::feast_write},
      {"POST", "/materialize", kWrite, kJobs, kFeast, &Responder::feast_materialize},
      {"POST", "/materialize-incremental", kWrite, kJobs, kFeast,
       &Responder::feast_materialize_incremental},
      {"GET", "/health", kNone, kHere, kOwn, &Responder::health},
      {"GET", "/metrics", kRead, kHere, kOwn, &Responder::metrics},
      {"GET", "/v1/services", kRead, kHere, kOwn, &Responder::services},
      {"GET", "/v1/services/{name}", kRead, kHere, kOwn, &Responder::service},
      {"GET", "/v1/views", kRead, kHere, kOwn, &Responder::views},
      {"GET", "/v1/views/{name}", kRead, kHere, kOwn, &Responder::view},
      {"GET", "/v1/runs", kRead, kWrites, kOwn, &Responder::runs},
  };
  return all;
}

const Responder::Route* Responder::find_route(const HttpRequest& request,
                                              std::string_view& argument,
                                              std::string& allowed) const {
  const std::string_view path = request.path();
  const std::string_view method =
      request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  for (const Route& route : routes()) {
    if (!matches(route.path, path, argument)) continue;
    if (route.method == method) return &route;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method;
    if (route.method == "GET") allowed += ", HEAD";
  }
  return nullptr;
}

bool Responder::may(const Route& route, const HttpRequest& request, HttpResponse* response) {
  if (const int64_t version = server_.access_version; version != access_version_) {
    access_ = server_.access_now();
    access_version_ = version;
  }
  if (!access_ || route.scope == AccessScope::kNone) return true;
  const AccessList::Found found = access_->find(request.authorization);
  if (response) response->client = found.name;
  if (found.scope >= route.scope) return true;
  if (!response) return false;
  if (!found.is_known) {
    refuse(route, *response, 401, "unauthorized",
           request.authorization.empty()
               ? "an access token is needed: send the field Authorization: Bearer TOKEN"
               : "the access token is not known");
  } else {
    refuse(route, *response, 403, "forbidden",
           found.scope == AccessScope::kNone
               ? fmt::format("the access token '{}' is not for project '{}'", found.name,
                             server_.options.project)
               : fmt::format("the access token '{}' may read, but not write", found.name));
  }
  return false;
}

Lane Responder::lane(const HttpRequest& request) {
  std::string_view argument;
  std::string allowed;
  const Route* route = find_route(request, argument, allowed);
  // What is refused anyway must not wait, nor make others wait.
  if (!route || !may(*route, request, nullptr)) return Lane::kHere;
  if (route->lane == Lane::kJobs && query_value(request.query(), "async") == "true") {
    return Lane::kHere;
  }
  const bool is_large =
      static_cast<int64_t>(request.body.size()) > server_.options.inline_body_bytes;
  return route->lane == Lane::kHere && is_large ? Lane::kWrites : route->lane;
}

void Responder::refuse(const Route& route, HttpResponse& response, int status,
                       std::string_view code, const std::string& message) {
  if (route.form == Form::kOwn) return set_error(response, status, code, message);
  response_ = &response;
  feast_error(status, code, message);
}

void Responder::handle(const HttpRequest& request, HttpResponse& response) {
  request_ = &request;
  response_ = &response;
  argument_ = {};
  is_malformed_ = false;
  wanted_.service.clear();
  wanted_.features.clear();
  std::string allowed;
  const Route* route = find_route(request, argument_, allowed);
  if (route) {
    response.route = route->path;
    if (may(*route, request, &response)) run(*route);
  } else if (!allowed.empty()) {
    set_error(response, 405, "unsupported", "this path does not take " + request.method);
    response.allow = allowed == "GET, HEAD" ? "GET, HEAD" : "POST";
  } else {
    set_error(response, 404, "not_found",
              fmt::format("there is nothing at {}", percent_decoded(request.path(), false)));
  }
}

void Responder::run(const Route& route) {
  const auto fail = [&](int status, std::string_view code, const std::string& message) {
    refuse(route, *response_, status, code, message);
    if (status == 503) response_->retry_after_s = 1;
  };
  try {
    (this->*route.run)();
  } catch (const NotServedError& error) {
    fail(501, error_code_name(error.code()), error.what());
  } catch (const Error& error) {
    const bool is_write = route.scope == AccessScope::kWrite;
    fail(is_malformed_ ? 400 : http_status(error.code(), is_write), error_code_name(error.code()),
         error.what());
  } catch (const std::bad_alloc&) {
    fail(503, error_code_name(ErrorCode::kResourceLimit), "out of memory");
  } catch (...) {
    fail(500, error_code_name(ErrorCode::kInternal), thrown_text());
  }
}

void Responder::finished(const HttpRequest& request, const HttpResponse& response,
                         std::chrono::nanoseconds took) {
  if (!response.refused.empty()) shard_.add_refused(response.refused);
  shard_.add_request(response.route, response.service, response.status, took);
  if (server_.options.access_log) server_.access_log.write(request, response, took, line_);
}

// ---- what Feast's routes and ours share ---------------------------------------------------------

const JsonValue Responder::body() {
  if (!tape_.parse(request_->body)) {
    is_malformed_ = true;
    throw Error(ErrorCode::kBadData, "the body is not JSON: " + tape_.error());
  }
  if (!tape_.root().is_object()) {
    throw Error(ErrorCode::kInvalidArgument,
                "the body: expected an object, found " + tape_.root().shown());
  }
  return tape_.root();
}

Table Responder::arrow_body() {
  is_malformed_ = true;
  Table rows = rows_of_arrow(request_->body);
  is_malformed_ = false;
  return rows;
}

std::string Responder::argument_text() const { return percent_decoded(argument_, false); }

bool Responder::is_arrow(std::string_view field) const {
  return field.find(kArrowType) != field.npos;
}

void Responder::set_input(CachedPlan& plan, int64_t row, size_t input, const JsonValue& value) {
  if (value.is_null()) return;
  const OnlineInput& wanted = plan.inputs()[input];
  const std::string problem = cell_.set(value, wanted.type);
  if (!problem.empty()) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("{}, row {} of the request: {}", wanted.name, row, problem));
  }
  plan.reader.set_slot(row, input, cell_.slot());
}

ColumnType Responder::types_of_source(const std::string& name) const {
  for (const Source& source : store_.definitions().sources) {
    if (source.name != name) continue;
    return [source](std::string_view column, bool is_text) -> Type {
      for (const ColumnSchema& known : source.columns) {
        if (known.name == column) return known.type;
      }
      // Whole numbers stay what they are: the source knows their unit.
      const bool is_time = column == source.time || column == source.known;
      return is_time && is_text ? timestamp_type() : nullptr;
    };
  }
  return [](std::string_view, bool) -> Type { return nullptr; };
}

ColumnType Responder::types_of_view(const FeatureView& view) const {
  Schema types = view.keys();
  types.push_back({view.source.time, timestamp_type()});
  if (!view.source.known.empty()) types.push_back({view.source.known, timestamp_type()});
  const OnlinePlan plan = store_.online_plan({.features = {view.name + ":*"}});
  for (const OnlineOutput& output : plan.outputs()) {
    types.push_back({output.name, output.type});
  }
  return [types = std::move(types)](std::string_view column, bool) -> Type {
    for (const ColumnSchema& known : types) {
      if (known.name == column) return known.type;
    }
    return nullptr;
  };
}

}  // namespace weft
