#include "server/http_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <optional>

namespace weft {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using ErrorCodeOfBeast = beast::error_code;

constexpr size_t kRequestIdBytesMax = 128;

bool may_stand_in_log(std::string_view id) {
  if (id.empty() || id.size() > kRequestIdBytesMax) return false;
  for (const char c : id) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\') return false;
  }
  return true;
}

// Puts what Beast finds into the request.
class Reader final : public http::basic_parser<true> {
 public:
  explicit Reader(HttpRequest& into) : request_(into) { eager(true); }
  bool has_header() const { return has_header_; }
  bool misses_host() const { return request_.version >= 11 && !has_host_; }
  bool names_twice() const { return names_twice_; }

 private:
  void on_request_impl(http::verb, beast::string_view method, beast::string_view target,
                       int version, ErrorCodeOfBeast&) override {
    request_.method.assign(method.data(), method.size());
    request_.target.assign(target.data(), target.size());
    request_.version = version;
  }
  void once(std::string& into, bool& seen, std::string_view value) {
    if (seen) names_twice_ = true;
    seen = true;
    into = value;
  }
  void on_field_impl(http::field name, beast::string_view name_text, beast::string_view text,
                     ErrorCodeOfBeast&) override {
    // What a trailer says comes after the request was let in.
    if (has_header_) return;
    const std::string_view value(text.data(), text.size());
    switch (name) {
      case http::field::host:
        return once(request_.host, has_host_, value);
      case http::field::authorization:
        return once(request_.authorization, has_authorization_, value);
      case http::field::content_type:
        return once(request_.content_type, has_content_type_, value);
      case http::field::accept:
        if (!request_.accept.empty()) request_.accept += ", ";
        request_.accept += value;
        return;
      case http::field::expect:
        (beast::iequals(text, "100-continue") ? request_.expects_continue
                                              : request_.expects_other) = true;
        return;
      default:
        if (beast::iequals(name_text, "x-request-id") && may_stand_in_log(value)) {
          request_.request_id = value;
        }
    }
  }
  void on_header_impl(ErrorCodeOfBeast&) override {
    has_header_ = true;
    request_.keep_alive = keep_alive();
  }
  void on_body_init_impl(const boost::optional<uint64_t>& length, ErrorCodeOfBeast&) override {
    // A length is only a promise: memory follows the bytes.
    if (length) request_.body.reserve(std::min<uint64_t>(*length, 1 << 20));
  }
  size_t on_body_impl(beast::string_view body, ErrorCodeOfBeast&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(uint64_t, beast::string_view, ErrorCodeOfBeast&) override {}
  size_t on_chunk_body_impl(uint64_t, beast::string_view body, ErrorCodeOfBeast&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_response_impl(int, beast::string_view, int, ErrorCodeOfBeast&) override {}
  void on_finish_impl(ErrorCodeOfBeast&) override {}

  HttpRequest& request_;
  bool has_header_ = false;
  bool has_host_ = false;
  bool has_authorization_ = false;
  bool has_content_type_ = false;
  bool names_twice_ = false;
};

}  // namespace

struct HttpParser::State {
  HttpLimits limits;
  HttpRequest& request;
  std::optional<Reader> reader = {};
  int error_status = 400;
  std::string error = {};
  bool started = false;

  Status fail(int status, std::string text) {
    error_status = status;
    error = std::move(text);
    return Status::kFailed;
  }
  Status fail(const ErrorCodeOfBeast& error_code) {
    if (error_code == http::error::header_limit) {
      return fail(
          431, "the header is larger than " + std::to_string(limits.header_bytes_max) + " bytes");
    }
    if (error_code == http::error::body_limit) return fail_body();
    if (error_code == http::error::bad_version) return fail(505, "only HTTP/1.0 and HTTP/1.1");
    return fail(400, "this is not HTTP: " + error_code.message());
  }
  Status fail_body() {
    return fail(413, "the body is larger than " + std::to_string(limits.body_bytes_max) + " bytes");
  }
  Status check_header() {
    if (reader->misses_host()) return fail(400, "the field Host is missing");
    if (reader->names_twice()) return fail(400, "a field comes twice that may come once");
    return Status::kNeedMore;
  }
};

HttpParser::HttpParser(const HttpLimits& limits, HttpRequest& into)
    : state_(new State{.limits = limits, .request = into}) {
  begin();
}
HttpParser::~HttpParser() = default;

void HttpParser::begin() {
  State& s = *state_;
  s.request.clear();
  s.started = false;
  s.reader.emplace(s.request);
  s.reader->header_limit(static_cast<uint32_t>(s.limits.header_bytes_max));
  s.reader->body_limit(static_cast<uint64_t>(s.limits.body_bytes_max));
}

HttpParser::Status HttpParser::feed(std::string_view bytes, size_t& taken) {
  State& s = *state_;
  taken = 0;
  if (!s.started) {  // a client may send an empty line after a body
    while (bytes.starts_with("\r\n")) {
      bytes.remove_prefix(2);
      taken += 2;
    }
    if (bytes == "\r") return Status::kNeedMore;
  }
  if (bytes.empty()) return Status::kNeedMore;
  s.started = true;
  const bool had_header = s.reader->has_header();
  ErrorCodeOfBeast error_code;
  taken += s.reader->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error_code);
  if (!had_header && s.reader->has_header() && s.check_header() == Status::kFailed) {
    return Status::kFailed;
  }
  if (error_code && error_code != http::error::need_more) return s.fail(error_code);
  if (s.reader->is_done()) return Status::kDone;
  return Status::kNeedMore;
}

bool HttpParser::started() const { return state_->started; }
bool HttpParser::in_body() const {
  return state_->reader->has_header() && !state_->reader->is_done();
}
int HttpParser::error_status() const { return state_->error_status; }
const std::string& HttpParser::error() const { return state_->error; }

}  // namespace weft
