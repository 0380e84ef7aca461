#include "online/redis_connection.h"

#include <signal.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <optional>
#include <thread>

namespace weft {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kFirstPause = std::chrono::milliseconds(10);
constexpr auto kPauseMax = std::chrono::milliseconds(500);

// The connection broke, or could not be made: the reason.
struct Lost {
  std::string reason;
};
// A server that has been started anew does not know the scripts.
struct ScriptsGone {};

// hiredis writes to sockets without MSG_NOSIGNAL: while this lives, the thread gets no SIGPIPE.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &former_);
  }
  ~WithoutPipeSignal() {
    const timespec now = {};
    if (!was_pending_) {
      while (sigtimedwait(&pipe_, nullptr, &now) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &former_, nullptr);
  }
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;

 private:
  sigset_t pipe_;
  sigset_t former_;
  bool was_pending_ = false;
};

timeval to_timeval(Duration duration) {
  return {duration / 1s, static_cast<suseconds_t>((duration % 1s).count())};
}

// ---- URLs ----

constexpr int kDatabaseMax = 1 << 20;

[[noreturn]] void bad_url(const char* what) {
  throw Error(ErrorCode::kInvalidArgument,
              std::string("the URL of the online store ") + what +
                  "; expected redis://[[user:]password@]host[:port][/database] or "
                  "unix:///path/redis.sock[?db=database]");
}

int parse_number(std::string_view text, int max, const char* what) {
  int number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size() || number < 0 ||
      number > max) {
    bad_url(what);
  }
  return number;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] != '%') {
      decoded += text[i];
    } else if (i + 2 < text.size() &&
               std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
                   text.data() + i + 3) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      bad_url("has a % that is not followed by two hex digits");
    }
  }
  return decoded;
}

RedisAddress parse_socket(std::string_view rest) {
  RedisAddress address;
  const size_t query = rest.find('?');
  address.socket = percent_decoded(rest.substr(0, query));
  if (query != std::string_view::npos) {
    rest = rest.substr(query + 1);
    if (!rest.starts_with("db=")) bad_url("has a query that is not db=");
    address.database = parse_number(rest.substr(3), kDatabaseMax, "has no number as database");
  }
  if (!address.socket.starts_with('/')) bad_url("has no path");
  return address;
}

}  // namespace

std::string RedisAddress::to_string() const {
  const std::string place = !socket.empty() ? socket
                            : host.find(':') != std::string::npos
                                ? "[" + host + "]:" + std::to_string(port)
                                : host + ":" + std::to_string(port);
  return place + "/" + std::to_string(database);
}

RedisAddress parse_redis_url(std::string_view url) {
  constexpr std::string_view kTcp = "redis://", kUnix = "unix://";
  if (url.starts_with(kUnix)) return parse_socket(url.substr(kUnix.size()));
  if (url.starts_with("rediss://")) bad_url("asks for TLS, which is not supported");
  if (!url.starts_with(kTcp)) bad_url("begins neither with redis:// nor with unix://");
  url.remove_prefix(kTcp.size());
  RedisAddress address;
  if (const size_t at = url.rfind('@'); at != std::string_view::npos) {
    const std::string_view secret = url.substr(0, at);
    const size_t colon = secret.find(':');
    if (colon != std::string_view::npos) address.user = percent_decoded(secret.substr(0, colon));
    address.password =
        percent_decoded(colon == std::string_view::npos ? secret : secret.substr(colon + 1));
    url.remove_prefix(at + 1);
  }
  if (const size_t slash = url.find('/'); slash != std::string_view::npos) {
    const std::string_view database = url.substr(slash + 1);
    if (!database.empty()) {
      address.database = parse_number(database, kDatabaseMax, "has no number as database");
    }
    url = url.substr(0, slash);
  }
  if (url.starts_with('[')) {
    const size_t close = url.find(']');
    if (close == std::string_view::npos) bad_url("has a [ without ]");
    address.host = url.substr(1, close - 1);
    url.remove_prefix(close + 1);
  } else {
    address.host = url.substr(0, url.find(':'));
    url.remove_prefix(address.host.size());
  }
  if (!url.empty()) address.port = parse_number(url.substr(1), 65'535, "has no number as port");
  if (address.host.empty()) bad_url("has no host");
  return address;
}

// ---- one connection ----

RedisConnection::RedisConnection(RedisAddress address, const RedisOptions& options,
                                 std::vector<RedisScript> scripts)
    : address_(std::move(address)), options_(options), scripts_(std::move(scripts)) {}

void RedisConnection::lost() const {
  if (context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    throw Lost{"no answer in time"};
  }
  throw Lost{context_->errstr};
}

void RedisConnection::check(const redisReply& reply) const {
  if (reply.type != REDIS_REPLY_ERROR) return;
  const std::string_view error = reply_text(reply);
  if (error.starts_with("NOSCRIPT")) throw ScriptsGone();
  if (error.starts_with("LOADING")) throw Lost{std::string(error)};
  ErrorCode code = ErrorCode::kIo;
  std::string advice;
  if (error.starts_with("OOM")) {
    code = ErrorCode::kResourceLimit;
  } else if (error.starts_with("MOVED") || error.starts_with("ASK") ||
             error.starts_with("CLUSTER") || error.starts_with("CROSSSLOT")) {
    code = ErrorCode::kUnsupported;
    advice = "; it is part of a cluster, which the online store does not know";
  }
  throw Error(code, "redis " + address_.to_string() + ": " + std::string(error) + advice);
}

void RedisConnection::send(const RedisCommand& command) {
  std::vector<const char*> words;
  std::vector<size_t> sizes;
  for (const std::string_view word : command) {
    words.push_back(word.data() ? word.data() : "");
    sizes.push_back(word.size());
  }
  if (redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), words.data(),
                             sizes.data()) != REDIS_OK) {
    lost();
  }
}

RedisReply RedisConnection::receive() {
  void* reply = nullptr;
  if (redisGetReply(context_.get(), &reply) != REDIS_OK) lost();
  return RedisReply(static_cast<redisReply*>(reply));
}

RedisReply RedisConnection::ask(const RedisCommand& command) {
  send(command);
  RedisReply reply = receive();
  check(*reply);
  return reply;
}

void RedisConnection::load_scripts() {
  for (RedisScript& script : scripts_) {
    const RedisReply digest = ask({"SCRIPT", "LOAD", script.text});
    if (script.digest.empty()) script.digest = reply_text(*digest);  // commands borrow it
  }
}

void RedisConnection::connect() {
  const timeval timeout = to_timeval(options_.connect_timeout);
  context_.reset(address_.socket.empty()
                     ? redisConnectWithTimeout(address_.host.c_str(), address_.port, timeout)
                     : redisConnectUnixWithTimeout(address_.socket.c_str(), timeout));
  if (!context_) throw Lost{"out of memory"};
  if (context_->err) throw Lost{context_->errstr};
  if (redisSetTimeout(context_.get(), to_timeval(options_.timeout)) != REDIS_OK) lost();
  if (address_.socket.empty()) redisEnableKeepAlive(context_.get());
  if (!address_.user.empty()) {
    ask({"AUTH", address_.user, address_.password});
  } else if (!address_.password.empty()) {
    ask({"AUTH", address_.password});
  }
  if (address_.database) ask({"SELECT", std::to_string(address_.database)});
  load_scripts();
}

std::vector<RedisReply> RedisConnection::run(std::span<const RedisCommand> commands,
                                             Duration retry_for) {
  const WithoutPipeSignal guard;
  const auto give_up = SteadyClock::now() + retry_for;
  auto pause = SteadyClock::duration(kFirstPause);
  bool fresh = false;   // the connection was made in this call
  bool loaded = false;  // the scripts too
  for (;;) {
    try {
      if (!context_) {
        fresh = true;
        connect();
      }
      for (const RedisCommand& command : commands) send(command);
      std::vector<RedisReply> replies;
      for (size_t i = 0; i < commands.size(); ++i) replies.push_back(receive());
      for (const RedisReply& reply : replies) check(*reply);
      return replies;
    } catch (const ScriptsGone&) {
      if (loaded) throw Error(ErrorCode::kIo, "redis " + address_.to_string() + " loses scripts");
      loaded = true;
      context_.reset();
    } catch (const Lost& lost_because) {
      context_.reset();
      if (fresh && SteadyClock::now() >= give_up) {
        throw Error(ErrorCode::kIo, "redis " + address_.to_string() + ": " + lost_because.reason);
      }
      if (fresh) {
        std::this_thread::sleep_for(std::min(pause, give_up - SteadyClock::now()));
        pause = std::min<SteadyClock::duration>(2 * pause, kPauseMax);
      }
    } catch (...) {
      // What was refused while connecting leaves half a connection.
      if (fresh) context_.reset();
      throw;
    }
  }
}

RedisReply RedisConnection::run(const RedisCommand& command, Duration retry_for) {
  return std::move(run(std::span(&command, 1), retry_for)[0]);
}

}  // namespace weft
