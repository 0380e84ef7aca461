#include "server/http.h"

#include <algorithm>

namespace weft {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Connections are many: what a large body took is given back.
constexpr size_t kKeptBytes = 64 << 10;

void clear_body(std::string& body) {
  if (body.capacity() > kKeptBytes) std::string().swap(body);
  body.clear();
}

struct Reason {
  int status;
  std::string_view text;
};
constexpr Reason kReasons[] = {
    {200, "OK"},
    {202, "Accepted"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

std::string_view HttpRequest::path() const {
  std::string_view text = target;
  if (!text.starts_with('/')) {
    const size_t scheme = text.find("://");
    if (scheme != text.npos) {
      const size_t slash = text.find('/', scheme + 3);
      text = slash == text.npos ? std::string_view("/") : text.substr(slash);
    }
  }
  return text.substr(0, text.find_first_of("?#"));
}

std::string_view HttpRequest::query() const {
  const std::string_view text = target;
  const size_t mark = text.find('?');
  if (mark == text.npos) return {};
  const std::string_view rest = text.substr(mark + 1);
  return rest.substr(0, rest.find('#'));
}

void HttpRequest::clear() {
  for (std::string* text :
       {&method, &target, &host, &authorization, &accept, &content_type, &request_id}) {
    text->clear();
  }
  clear_body(body);
  version = 11;
  keep_alive = true;
  expects_continue = expects_other = false;
}

void HttpResponse::clear() {
  status = 200;
  content_type = kJsonType;
  clear_body(body);
  allow = route = error = refused = {};
  retry_after_s = 0;
  close = false;
  service.clear();
  client.clear();
  rows = 0;
}

std::string percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && c == '+' ? ' ' : c;
    }
  }
  return out;
}

std::string query_value(std::string_view query, std::string_view name) {
  std::string found;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const size_t equals = part.find('=');
    if (percent_decoded(part.substr(0, equals), true) != name) continue;
    found = equals == part.npos ? std::string() : percent_decoded(part.substr(equals + 1), true);
  }
  return found;
}

std::string_view http_reason(int status) {
  const auto* found =
      std::ranges::find_if(kReasons, [&](const Reason& r) { return r.status == status; });
  return found == std::end(kReasons) ? std::string_view("Unknown") : found->text;
}

}  // namespace weft
