#include "server/access_log.h"

#include "server/json_cell.h"

namespace weft {

void AccessLog::write(const HttpRequest& request, const HttpResponse& response,
                      std::chrono::nanoseconds took, std::string& line) {
  if (!sink_) return;
  line.assign("{\"time\":\"");
  append_time(clock_.now(), line);
  line += '"';
  const auto text = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    line.append(",\"").append(name).append("\":");
    append_text(value, line);
  };
  const auto number = [&](std::string_view name, int64_t value) {
    line.append(",\"").append(name).append("\":");
    append_integer(value, line);
  };
  text("id", request.request_id);
  text("remote", request.remote);
  text("client", response.client);
  text("method", request.method);
  text("path", request.path());
  text("route", response.route);
  text("service", response.service);
  number("status", response.status);
  text("error", response.error);
  text("refused", response.refused);
  number("us", took.count() / 1000);
  number("bytes_in", static_cast<int64_t>(request.body.size()));
  number("bytes_out", static_cast<int64_t>(response.body.size()));
  number("rows", response.rows);
  line += '}';
  const std::lock_guard lock(mutex_);
  sink_(line);
}

}  // namespace weft
