/// Reads a request out of bytes as they arrive.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/http.h"

namespace weft {

struct HttpLimits {
  int64_t header_bytes_max = 16 << 10;  ///< request line and header: 431 above
  int64_t body_bytes_max = 16 << 20;    ///< 413 above
};

/// One request after another into one HttpRequest. Not thread-safe.
class HttpParser {
 public:
  enum class Status : uint8_t { kNeedMore, kDone, kFailed };

  HttpParser(const HttpLimits& limits, HttpRequest& into);
  ~HttpParser();

  /// Forgets the last request.
  void begin();
  /// Takes what it can of `bytes` and says how much; the rest belongs to the next request, or is to
  /// be given again with more behind it.
  Status feed(std::string_view bytes, size_t& taken);
  /// Has a byte of the request been seen?
  bool started() const;
  /// Is the header whole, while the body is not?
  bool in_body() const;
  /// After kFailed: what to answer.
  int error_status() const;
  const std::string& error() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace weft
