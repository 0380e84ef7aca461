/// HTTP as handlers see it: a request that was read whole, and the answer to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weft {

/// Of the header only what somebody asks for. Texts keep their memory from request to request.
struct HttpRequest {
  std::string method;
  std::string target;  ///< as it was sent
  std::string host;
  std::string authorization;
  std::string accept;
  std::string content_type;
  std::string request_id;  ///< X-Request-Id: the client's if it may stand in a log, else made here
  std::string body;
  std::string_view remote = {};  ///< address of the client; borrowed from the connection
  int version = 11;              ///< 10 for HTTP/1.0
  bool keep_alive = true;        ///< as the client wishes
  bool expects_continue = false;
  bool expects_other = false;  ///< of Expect, something that nobody can fulfil

  /// The target without what follows a "?", and without scheme and host.
  std::string_view path() const;
  /// What follows the first "?", still encoded.
  std::string_view query() const;
  void clear();
};

/// The value of `name` in a query, decoded (%20, +); of several the last. Empty if there is none.
std::string query_value(std::string_view query, std::string_view name);
/// Text with %xx decoded; what is no such escape stays as it is.
std::string percent_decoded(std::string_view text, bool plus_is_space);

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kArrowType = "application/vnd.apache.arrow.stream";

/// Views are of static text unless said otherwise.
struct HttpResponse {
  int status = 200;
  std::string_view content_type = kJsonType;
  std::string body;
  std::string_view allow = {};  ///< with 405: the methods that there are
  int retry_after_s = 0;        ///< with 503; 0: says nothing
  bool close = false;           ///< the connection ends with this answer

  // What is told of it in metrics and in the log.
  std::string_view route = {};    ///< "/v1/push/{source}"; empty: no route was found
  std::string service;            ///< the feature service that was asked
  std::string client;             ///< the name of the access token
  int64_t rows = 0;               ///< of features that were asked for, or written
  std::string_view error = {};    ///< the code of what went wrong
  std::string_view refused = {};  ///< why it was not even looked at: "overload", "timeout", ...

  void clear();
};

/// The words of a status: "Not Found".
std::string_view http_reason(int status);

/// Where a request is run.
enum class Lane : uint8_t {
  kHere,    ///< on the thread that read it: microseconds
  kWrites,  ///< in the pool for what waits for a disk, or is large
  kJobs,    ///< in the pool for what takes minutes
};

/// Answers requests. One object a thread: not thread-safe, but what it shares with others must be.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// Called on the thread that read the request.
  virtual Lane lane(const HttpRequest& request) = 0;
  /// Must not throw. `response` is cleared.
  virtual void handle(const HttpRequest& request, HttpResponse& response) = 0;
  /// An answer is about to be sent, whoever made it. Called on the thread that read the request.
  virtual void finished(const HttpRequest& request, const HttpResponse& response,
                        std::chrono::nanoseconds took) = 0;
};

}  // namespace weft
