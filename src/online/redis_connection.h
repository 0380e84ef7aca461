/// One connection to a Redis server, made anew when it is lost.
#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "online/online_store.h"

namespace weft {

struct RedisAddress {
  std::string host = {};
  int port = 6379;
  std::string socket = {};  ///< path; then there is no host
  std::string user = {};
  std::string password = {};
  int database = 0;

  /// "127.0.0.1:6379/0": without the password.
  std::string to_string() const;
};
/// Throws Error(kInvalidArgument), without the URL's password in the message.
RedisAddress parse_redis_url(std::string_view url);

struct FreeRedisReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using RedisReply = std::unique_ptr<redisReply, FreeRedisReply>;
/// What a reply of the type string holds.
inline std::string_view reply_text(const redisReply& reply) { return {reply.str, reply.len}; }

/// The words of a command, borrowed.
using RedisCommand = std::vector<std::string_view>;

/// Lua that the server runs as one step; `digest` is its name there, known once connected.
struct RedisScript {
  std::string text;
  std::string digest = {};
};

/// Not thread-safe. Commands may be sent twice, if the connection is lost in between: they have to
/// be such that this does no harm.
class RedisConnection {
 public:
  /// Connects when first used, and has the server load `scripts` then.
  RedisConnection(RedisAddress address, const RedisOptions& options,
                  std::vector<RedisScript> scripts);

  /// All at once; a reply for each. A lost connection is made anew, at once and then with pauses
  /// for as long as `retry_for`. Throws Error(kIo) if that fails or the server refuses,
  /// Error(kResourceLimit) if its memory is full, Error(kUnsupported) for a cluster.
  std::vector<RedisReply> run(std::span<const RedisCommand> commands, Duration retry_for);
  RedisReply run(const RedisCommand& command, Duration retry_for);
  const RedisAddress& address() const { return address_; }
  /// The word by which EVALSHA knows a script.
  std::string_view digest(size_t script) const { return scripts_[script].digest; }

 private:
  struct FreeContext {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  void connect();
  RedisReply ask(const RedisCommand& command);
  void send(const RedisCommand& command);
  RedisReply receive();
  void load_scripts();
  void check(const redisReply& reply) const;
  [[noreturn]] void lost() const;

  RedisAddress address_;
  RedisOptions options_;
  std::vector<RedisScript> scripts_;
  std::unique_ptr<redisContext, FreeContext> context_;
};

}  // namespace weft
