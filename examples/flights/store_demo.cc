#include "store_demo.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <weft/server.h>
#include <weft/store.h>
#include <weft/write.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "stopwatch.h"

namespace flights {
namespace {

using namespace weft;
using Json = nlohmann::json;

constexpr const char* kService = "delay_v1";
constexpr size_t kMoments = 5;
constexpr int64_t kFlightsOfMoment = 15;

// What a request brings.
const std::vector<std::string> kAsked = {"origin", "tailnum",  "carrier", "time_hour",
                                         "minute", "distance", "dest"};

class Socket {
 public:
  explicit Socket(int port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw Error(ErrorCode::kIo, "the server does not answer");
    }
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  Json post(const std::string& path, const Json& body) {
    const std::string text = body.dump();
    const std::string request = "POST " + path +
                                " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
                                "\r\nContent-Length: " +
                                std::to_string(text.size()) + "\r\n\r\n" + text;
    for (size_t sent = 0; sent < request.size();) {
      const ssize_t n = ::send(fd_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) throw Error(ErrorCode::kIo, "the server went away");
      sent += static_cast<size_t>(n);
    }
    while (answer_.find("\r\n\r\n") == answer_.npos) receive();
    const size_t head = answer_.find("\r\n\r\n") + 4;
    const size_t length = std::stoul(answer_.substr(answer_.find("Content-Length: ") + 16));
    while (answer_.size() < head + length) receive();
    const bool is_ok = answer_.starts_with("HTTP/1.1 200");
    const std::string content = answer_.substr(head, length);
    answer_.erase(0, head + length);
    if (!is_ok) throw Error(ErrorCode::kIo, "the server answered " + content);
    return Json::parse(content);
  }

 private:
  void receive() {
    char buffer[65536];
    const ssize_t n = ::recv(fd_, buffer, sizeof(buffer), 0);
    if (n <= 0) throw Error(ErrorCode::kIo, "the server went away");
    answer_.append(buffer, static_cast<size_t>(n));
  }

  int fd_;
  std::string answer_;
};

// Departure times for which many flights were planned, over the year; and their rows.
std::vector<std::pair<Time, std::vector<int64_t>>> moments_of(const Table& batch) {
  const Series<Time> times(batch.column("scheduled"));
  const ColumnData tails = batch.column("tailnum");
  std::map<Time, std::vector<int64_t>> rows;
  for (int64_t i = 0; i < times.size(); ++i) {
    if (!tails.is_null(i)) rows[*times[i]].push_back(i);
  }
  std::erase_if(rows, [](const auto& moment) {
    return static_cast<int64_t>(moment.second.size()) < kFlightsOfMoment;
  });
  std::vector<std::pair<Time, std::vector<int64_t>>> chosen;
  size_t i = 0;
  for (const auto& moment : rows) {
    if (i++ % std::max<size_t>(rows.size() / kMoments, 1) == 0) chosen.push_back(moment);
  }
  return chosen;
}

Json json_of(const Value& value) {
  if (!value.has_value()) return nullptr;
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (const auto* number = value.get_if<double>()) return *number;
  if (const auto* number = value.get_if<int64_t>()) return *number;
  if (const auto* flag = value.get_if<bool>()) return *flag;
  return value.to_string();
}

// Values of the answer that are not those of the training rows.
int64_t differences(const Json& answer, const Table& rows) {
  int64_t different = 0;
  const auto names = answer["metadata"]["feature_names"].get<std::vector<std::string>>();
  for (size_t f = 0; f < names.size(); ++f) {
    const ColumnData expected = rows.column(names[f]);
    for (int64_t row = 0; row < rows.num_rows(); ++row) {
      const Json& found = answer["results"][f]["values"][static_cast<size_t>(row)];
      if (found != json_of(expected.at(row))) ++different;
    }
  }
  return different;
}

}  // namespace

int64_t run_store_demo(const Driver& driver, const Values& paths, const Table& batch,
                       const std::string& out) {
  std::filesystem::remove_all(out + "/store");
  ManualClock clock;
  auto store = std::make_shared<FeatureStore>(
      driver,
      StoreOptions{
          .directory = out + "/store", .project = "flights", .inputs = paths, .clock = &clock});
  Stopwatch apply;
  const size_t applied = store->apply().size();
  say(std::to_string(applied) + " definitions applied", apply.seconds());

  // What was known of each flight when it should have left, and whether it was late.
  Stopwatch history;
  std::vector<std::string> columns = kAsked;
  columns.insert(columns.end(), {"scheduled", "is_late"});
  const Table training =
      store->get_historical_features({.service = kService}, {batch.select(columns), "scheduled"});
  write_parquet(training, out + "/training_as_of.parquet");
  say("training set as of each of " + std::to_string(training.num_rows()) + " departures",
      history.seconds());
  std::printf("\n%s\n", training
                            .select({"scheduled", "origin", "tailnum", "airport_delay_3h",
                                     "last_delay", "carrier_delay_7d", "temperature", "is_late"})
                            .slice(100'000, 3)
                            .to_string()
                            .c_str());

  FeatureServer server(store, {.port = 0, .project = "flights", .clock = &clock});
  server.start();
  Socket socket(server.port());
  int64_t compared = 0;
  int64_t different = 0;
  double online_seconds = 0;
  double answer_seconds = 0;
  int64_t answers = 0;
  for (const auto& [moment, rows] : moments_of(batch)) {
    clock.set(moment);
    Stopwatch online;
    store->materialize_incremental();
    online_seconds += online.seconds();
    const Table expected = training.take(rows);
    Json entities;
    for (const std::string& name : kAsked) {
      for (int64_t i = 0; i < expected.num_rows(); ++i) {
        entities[name].push_back(json_of(expected.column(name).at(i)));
      }
    }
    Stopwatch ask;
    const Json answer = socket.post("/get-online-features",
                                    {{"feature_service", kService}, {"entities", entities}});
    answer_seconds += ask.seconds();
    ++answers;
    compared += static_cast<int64_t>(answer["results"].size()) * expected.num_rows();
    different += differences(answer, expected);
  }
  server.stop();
  say("latest values brought online " + std::to_string(answers) + " times", online_seconds);
  std::printf("%-58s %9.3f ms\n", "an answer over HTTP for fifteen flights or more, mean",
              answer_seconds / static_cast<double>(std::max<int64_t>(answers, 1)) * 1e3);
  std::printf("values that differ between answers and training set: %lld of %lld\n",
              static_cast<long long>(different), static_cast<long long>(compared));
  return compared == 0 ? -1 : different;
}

}  // namespace flights
