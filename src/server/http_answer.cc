#include "server/http_answer.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "server/json_cell.h"

namespace weft {

void append_answer(const HttpRequest& request, const HttpResponse& response, bool keep_alive,
                   std::string_view date, std::string& out) {
  char digits[20];
  const auto number = [&](auto n) {
    const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
    out.append(digits, end);
  };
  out += "HTTP/1.1 ";
  number(response.status);
  out += ' ';
  out += http_reason(response.status);
  out += "\r\nDate: ";
  out += date;
  if (!response.body.empty()) {
    out += "\r\nContent-Type: ";
    out += response.content_type;
  }
  out += "\r\nContent-Length: ";
  number(response.body.size());
  if (!request.request_id.empty()) {
    out += "\r\nX-Request-Id: ";
    out += request.request_id;
  }
  if (!response.allow.empty()) {
    out += "\r\nAllow: ";
    out += response.allow;
  }
  if (response.status == 401) out += "\r\nWWW-Authenticate: Bearer";
  if (response.retry_after_s > 0) {
    out += "\r\nRetry-After: ";
    number(response.retry_after_s);
  }
  if (!keep_alive) {
    out += "\r\nConnection: close";
  } else if (request.version < 11) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
  if (request.method != "HEAD") out += response.body;
}

std::string http_date(int64_t epoch_s) {
  using namespace std::chrono;
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds time{seconds(epoch_s)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

void set_error(HttpResponse& response, int status, std::string_view code,
               std::string_view message) {
  response.status = status;
  response.error = code;
  response.content_type = kJsonType;
  response.body = "{\"error\":{\"code\":\"";
  response.body += code;
  response.body += "\",\"message\":";
  append_text(message, response.body);
  response.body += "}}";
}

}  // namespace weft
