// Against Redis servers that the test starts for itself.
#include <filesystem>

#include "base/scratch_folder.h"
#include "base/test_programs.h"
#include "online/contract_random.h"
#include "online/contract_read.h"
#include "online/contract_views.h"
#include "online/contract_write.h"
#include "online/redis_connection.h"

namespace weft {
namespace {

class Server {
 public:
  explicit Server(std::string password = "") : password_(std::move(password)) {
    for (int i = 0; i < 5 && url_.empty(); ++i) {
      port_ = 20'000 + (::getpid() * 7 + count()++ * 101) % 20'000;
      start();
    }
  }
  ~Server() { stop(); }

  const std::string& url() const { return url_; }
  std::string socket() const { return folder_.path() + "/redis/redis.sock"; }
  void start() {
    const ProgramOutput started =
        run_program(service_scripts() + "start_redis.sh " + folder_.path() + "/redis " +
                    std::to_string(port_) + " " + password_);
    url_ = started.status == 0 ? started.last_line() : "";
  }
  void stop() {
    EXPECT_EQ(
        std::system((service_scripts() + "stop.sh " + folder_.path() + "/redis/redis.pid").c_str()),
        0);
  }
  // One command, by a connection of its own.
  RedisReply run(const RedisCommand& command) {
    return RedisConnection(parse_redis_url(url_), {}, {}).run(command, Duration(0));
  }

 private:
  static int& count() {
    static int count = 0;
    return count;
  }

  ScratchFolder folder_;
  std::string password_;
  std::string url_;
  int port_ = 0;
};

Server& server() {
  static Server server;
  return server;
}

// Each test has keys of its own; the prefix is no pattern, whatever it looks like.
std::unique_ptr<OnlineStore> open_redis(bool again) {
  static int number = 0;
  if (!again) ++number;
  return open_redis_store(server().url(), {.prefix = "t[" + std::to_string(number) + "]*"});
}

INSTANTIATE_TEST_SUITE_P(Redis, OnlineStoreContract, testing::Values(open_redis));

TEST(RedisTest, UrlsAreTakenApart) {
  const auto text = [](std::string_view url) { return parse_redis_url(url).to_string(); };
  EXPECT_EQ(text("redis://localhost"), "localhost:6379/0");
  EXPECT_EQ(text("redis://h:7/3"), "h:7/3");
  EXPECT_EQ(text("redis://[::1]:7"), "[::1]:7/0");
  EXPECT_EQ(text("unix:///tmp/a%20b?db=2"), "/tmp/a b/2");
  const RedisAddress address = parse_redis_url("redis://me:p%40ss:w@h/");
  EXPECT_EQ(address.user, "me");
  EXPECT_EQ(address.password, "p@ss:w");
  EXPECT_EQ(address.to_string(), "h:6379/0");
  EXPECT_EQ(parse_redis_url("redis://:secret@h").password, "secret");
  for (const char* url :
       {"", "http://h", "rediss://h", "redis://", "redis://h:x", "redis://h:70000", "redis://h/x",
        "unix://", "unix:///a?x=1", "redis://:%4@h", "redis://[h"}) {
    const std::string error = online_error_text([&] { parse_redis_url(url); });
    EXPECT_THAT(error, testing::HasSubstr("invalid_argument: the URL of the online store")) << url;
  }
}

TEST(RedisTest, PasswordsSocketsAndDatabases) {
  Server locked("secret");
  const auto open = [](const std::string& url) {
    return online_error_text([&] { open_redis_store(url); });
  };
  EXPECT_EQ(open(locked.url()), "nothing was thrown");
  std::string without = locked.url();
  without.erase(without.find(":secret@"), 8);
  EXPECT_THAT(open(without), testing::HasSubstr("NOAUTH"));
  std::string wrong = locked.url();
  wrong.replace(wrong.find("secret"), 6, "public");
  EXPECT_THAT(open(wrong), testing::AllOf(testing::HasSubstr("WRONGPASS"),
                                          testing::Not(testing::HasSubstr("public"))));

  const auto other = open_redis_store("unix://" + server().socket() + "?db=5");
  const OnlineViewId view = other->define(trips());
  other->write(view, trip(1, 1, 6), {.event_time = "at"});
  EXPECT_EQ(online_row_text(*other, online_key_of(1), {view, {kKm}, {}}), "6.0");
  EXPECT_EQ(open_redis_store(server().url())->find("trips"), std::nullopt);
}

TEST(RedisTest, AServerThatDiedAndCameBack) {
  Server mortal;
  const RedisOptions options{.retry_for = Duration(100'000)};
  const auto store = open_redis_store(mortal.url(), options);
  const OnlineViewId view = store->define(trips());
  store->write(view, trip(1, 1, 6), {.event_time = "at"});
  const auto reader = store->reader();
  const size_t km = reader->select({view, {kKm}, {}});
  const std::string key = online_key_of(1);
  const auto read = [&] {
    OnlineLookup lookup;
    lookup.selection = km;
    lookup.key = key;
    reader->begin(Time());
    reader->read({&lookup, 1});
    const std::string text = online_cell_text(lookup.cells[0], double_type());
    reader->end();
    return text;
  };
  EXPECT_EQ(read(), "6.0");
  mortal.stop();
  EXPECT_THAT(online_error_text([&] { read(); }), testing::HasSubstr("io: redis 127.0.0.1:"));
  EXPECT_THAT(online_error_text([&] { store->write(view, trip(1, 2, 7), {.event_time = "at"}); }),
              testing::HasSubstr("io: redis 127.0.0.1:"));
  EXPECT_THAT(online_error_text([&] { open_redis_store(mortal.url(), options); }),
              testing::HasSubstr("Connection refused"));
  mortal.start();
  EXPECT_EQ(read(), "6.0");
  EXPECT_EQ(store->write(view, trip(1, 2, 7), {.event_time = "at"}).written, 1);
  EXPECT_EQ(read(), "7.0");
}

TEST(RedisTest, AWriterWaitsForAServerThatComesBack) {
  Server mortal;
  const auto store = open_redis_store(mortal.url(), {.retry_for = 60s});
  const OnlineViewId view = store->define(trips());
  mortal.stop();
  std::thread writer([&] { store->write(view, trip(1, 2, 7), {.event_time = "at"}); });
  mortal.start();
  writer.join();
  EXPECT_EQ(online_row_text(*store, online_key_of(1), {view, {kKm}, {}}), "7.0");
}

TEST(RedisTest, ScriptsThatWereFlushedAreLoadedAgain) {
  const auto store = open_redis_store(server().url(), {.prefix = "flushed"});
  const OnlineViewId view = store->define(trips());
  server().run({"SCRIPT", "FLUSH"});
  EXPECT_EQ(store->write(view, trip(1, 2, 7), {.event_time = "at"}).written, 1);
}

TEST(RedisTest, NewerFormatsAndDamageAreRefused) {
  const auto store = open_redis_store(server().url(), {.prefix = "broken"});
  const OnlineViewId view = store->define(trips());
  store->write(view, trip(1, 2, 7), {.event_time = "at"});
  const std::string key = "broken:row:" + std::to_string(view) + ":" + online_key_of(1);
  const auto read = [&] {
    return online_error_text([&] { online_row_text(*store, online_key_of(1), {view, {kKm}, {}}); });
  };
  EXPECT_EQ(read(), "nothing was thrown");
  server().run({"SET", key, "short"});
  EXPECT_THAT(read(), testing::HasSubstr("bad_data: a row of the online store is damaged"));
  server().run({"SET", key, std::string(64, '\x7f')});
  EXPECT_THAT(read(), testing::HasSubstr("bad_data"));
  server().run({"SET", "broken:format", "2"});
  EXPECT_THAT(
      online_error_text([&] { open_redis_store(server().url(), {.prefix = "broken"}); }),
      testing::HasSubstr("unsupported: a newer Weft made the online store at redis 127.0.0.1:"));
}

TEST(RedisTest, MemoryThatIsFull) {
  const auto store = open_redis_store(server().url(), {.prefix = "full"});
  const OnlineViewId view = store->define(trips());
  server().run({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_THAT(online_error_text([&] { store->write(view, trip(1, 2, 7), {.event_time = "at"}); }),
              testing::HasSubstr("resource_limit: redis 127.0.0.1:"));
  server().run({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(store->write(view, trip(1, 2, 7), {.event_time = "at"}).written, 1);
}

}  // namespace
}  // namespace weft
