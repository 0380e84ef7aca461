// Feast's own Python client, whose online store is a running `weft serve`.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/scratch_folder.h"
#include "base/test_programs.h"

namespace weft {
namespace {

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

constexpr char kDefinitions[] = R"(
entities:
  driver: {keys: {driver_id: int64}}
  city_entity: {keys: {city: string}}
sources:
  positions:
    kind: push
    time: at
    columns: {driver_id: int64, at: timestamp, x: double, trips: int64, rank: int32, score: float,
              name: string, active: bool, seen: timestamp, path: list<double>}
  weather: {kind: push, time: at, columns: {city: string, at: timestamp, celsius: double}}
views:
  position: {entities: [driver], source: positions, ttl: 2d,
             features: [x, trips, rank, score, name, active, seen, path]}
  city_weather: {entities: [city_entity], source: weather, features: [celsius]}
services:
  near: {views: [{view: position, features: [x, name]}]}
)";

// A program that is stopped at the end.
class Serve {
 public:
  Serve(const std::string& weft, const std::string& project) {
    int out[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], 1);
      ::execl(weft.c_str(), weft.c_str(), "serve", "--project", project.c_str(), "--port", "0",
              "--token-file", (project + "/tokens.yaml").c_str(), nullptr);
      ::_exit(127);
    }
    ::close(out[1]);
    std::string line;
    char c = 0;
    pollfd ready = {.fd = out[0], .events = POLLIN, .revents = 0};
    while (::poll(&ready, 1, 60'000) == 1 && ::read(out[0], &c, 1) == 1 && c != '\n') line += c;
    ::close(out[0]);
    if (const size_t at = line.find("http://"); at != line.npos) url_ = line.substr(at);
  }
  ~Serve() {
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const std::string& url() const { return url_; }

 private:
  pid_t pid_ = 0;
  std::string url_;
};

TEST(FeastClientTest, WritesAndReadsThroughOurServer) {
  const std::string weft = environment("WEFT_BUILD_DIR", "build/dev") + "/bin/weft";
  const ProgramOutput made = run_program(service_scripts() + "python.sh feast");
  ASSERT_EQ(made.status, 0) << "Feast could not be installed";

  const ScratchFolder folder;
  folder.with("weft.yaml", "project: rides\ndefinitions: [features.yaml]\n");
  folder.with("features.yaml", kDefinitions);
  folder.with("tokens.yaml", "tokens:\n  feast: {token: let-me-in, scope: write}\n");
  ASSERT_EQ(run_program(weft + " apply --project " + folder.path()).status, 0);
  const Serve server(weft, folder.path());
  ASSERT_FALSE(server.url().empty()) << "it did not start";
  const ProgramOutput asked =
      run_program("FEAST_USAGE=False " + made.text + " -W ignore " + service_scripts() +
                  "feast_client.py " + server.url() + " " + folder.path() + " let-me-in 2>&1");
  EXPECT_EQ(asked.status, 0) << asked.text;
}

}  // namespace
}  // namespace weft
