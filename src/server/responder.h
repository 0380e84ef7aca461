/// Answers requests: finds the route, lets in who may, and does what the route is for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http.h"
#include "server/json_cell.h"
#include "server/json_tape.h"
#include "server/plan_cache.h"
#include "server/rows.h"
#include "server/server_state.h"

namespace weft {

/// One a thread.
class Responder final : public HttpHandler {
 public:
  explicit Responder(ServerState& server);

  Lane lane(const HttpRequest& request) override;
  void handle(const HttpRequest& request, HttpResponse& response) override;
  void finished(const HttpRequest& request, const HttpResponse& response,
                std::chrono::nanoseconds took) override;

 private:
  enum class Form : uint8_t { kFeast, kOwn };
  struct Route {
    std::string_view method;
    std::string_view path;  ///< "{name}" at its end stands for one part
    AccessScope scope;
    Lane lane;
    Form form;
    void (Responder::*run)();
  };
  static std::span<const Route> routes();
  const Route* find_route(const HttpRequest& request, std::string_view& argument,
                          std::string& allowed) const;
  bool may(const Route& route, const HttpRequest& request, HttpResponse* response);
  void refuse(const Route& route, HttpResponse& response, int status, std::string_view code,
              const std::string& message);
  void run(const Route& route);

  // Feast's routes: feast_routes.cc.
  void feast_features();
  void feast_push();
  void feast_write();
  void feast_materialize();
  void feast_materialize_incremental();
  void feast_error(int status, std::string_view code, const std::string& message);
  std::string_view feast_class(int status, std::string_view code) const;
  void take_feast_entities(CachedPlan& plan, const JsonValue& entities, int64_t rows);
  void write_feast_answer(const CachedPlan& plan);
  void materialize(bool incremental);
  void run_materialize(const MaterializeOptions& options, bool incremental);

  // Our own: own_routes.cc.
  void features();
  void services();
  void service();
  void views();
  void view();
  void push();
  void runs();
  void health();
  void metrics();
  void take_objects(CachedPlan& plan, const JsonValue& rows, bool keep_columns);
  void take_columns(CachedPlan& plan, const Table& rows);
  void write_objects(const CachedPlan& plan, bool statuses, bool event_times);
  void write_arrow(const CachedPlan& plan, bool statuses, bool event_times);

  // What both do.
  const JsonValue body();
  Table arrow_body();
  std::string argument_text() const;
  bool is_arrow(std::string_view field) const;
  void set_input(CachedPlan& plan, int64_t row, size_t input, const JsonValue& value);
  ColumnType types_of_source(const std::string& source) const;
  ColumnType types_of_view(const FeatureView& view) const;

  ServerState& server_;
  FeatureStore& store_;
  MetricsShard& shard_;
  PlanCache plans_;
  std::shared_ptr<const AccessList> access_;
  int64_t access_version_ = -1;

  // Of the request at hand.
  const HttpRequest* request_ = nullptr;
  HttpResponse* response_ = nullptr;
  std::string_view argument_;
  JsonTape tape_;
  JsonCell cell_;
  FeatureRequest wanted_;
  bool is_malformed_ = false;      // the body is not even JSON or Arrow
  std::string echo_;               // inputs as they were understood, as JSON
  std::vector<size_t> echo_ends_;  // of each, by row and input
  std::vector<std::pair<std::string, ColumnData>> given_;  // inputs as columns
  std::string line_;
};

/// The status an error is answered with. Bad data is the client's in what it writes, else ours.
int http_status(ErrorCode code, bool is_write);

}  // namespace weft
