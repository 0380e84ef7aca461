// bench_serving: loads a server of Feast's protocol with POST /get-online-features, the same way
// whosever it is. Bodies are lines of a file, sent in turn over connections that stay open, one
// request at a time each.
//   load PORT CONNECTIONS SECONDS FILE           the next request follows the answer
//   offer PORT CONNECTIONS SECONDS FILE RATE     so many a second, as long as a connection is free
// answers {"requests", "failed" (not 200), "rate" of those answered, "p50_ms", "p99_ms"}.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "serve.h"

namespace {

using Clock = std::chrono::steady_clock;

// A slow server gets time for this many answers, or for one on each connection.
constexpr int64_t kAnswersMin = 64;
constexpr double kSecondsMax = 20;

std::vector<std::string> requests_of(const std::string& path) {
  std::vector<std::string> requests;
  std::ifstream file(path);
  for (std::string body; std::getline(file, body);) {
    requests.push_back(
        "POST /get-online-features HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "application/json\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  if (requests.empty()) throw std::runtime_error("no requests in " + path);
  return requests;
}

struct Connection {
  int socket = -1;
  std::string in = {};
  size_t answer_bytes = 0;  // 0: its head has not arrived
  bool is_ok = false;
  std::string_view rest = {};  // of the request, to be sent
  bool is_busy = false;
  Clock::time_point sent = {};
};

class Load {
 public:
  Load(int port, int64_t connections, const std::string& path)
      : requests_(requests_of(path)), connections_(static_cast<size_t>(connections)) {
    epoll_ = ::epoll_create1(0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (Connection& connection : connections_) {
      connection.socket = ::socket(AF_INET, SOCK_STREAM, 0);
      if (::connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) !=
          0) {
        throw std::runtime_error("cannot connect");
      }
      const int yes = 1;
      ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      epoll_event event = {};
      event.events = EPOLLIN;
      event.data.ptr = &connection;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
    }
  }
  ~Load() {
    for (const Connection& connection : connections_) ::close(connection.socket);
    ::close(epoll_);
  }
  Load(const Load&) = delete;

  // With a rate of 0 the next request follows the answer.
  nlohmann::json run(double seconds, double rate) {
    begin_ = Clock::now();
    const bool again = rate == 0;
    if (again) {
      for (Connection& connection : connections_) send(connection);
    }
    const auto answers = std::max<int64_t>(kAnswersMin, static_cast<int64_t>(connections_.size()));
    for (double at = 0; at < kSecondsMax; at = elapsed()) {
      const auto done = static_cast<int64_t>(took_ms_.size()) + failed_;
      if (at >= seconds && (!again || done >= answers)) break;
      if (!again) send_due(at * rate);
      receive(again);
    }
    const double whole = elapsed();
    std::ranges::sort(took_ms_);
    return {{"requests", took_ms_.size()},
            {"failed", failed_},
            {"rate", static_cast<double>(took_ms_.size()) / whole},
            {"p50_ms", part(0.5)},
            {"p99_ms", part(0.99)}};
  }

 private:
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  double part(double share) const {
    if (took_ms_.empty()) return 0;
    return took_ms_[static_cast<size_t>(share * static_cast<double>(took_ms_.size() - 1))];
  }

  void send(Connection& connection) {
    connection.rest = requests_[next_++ % requests_.size()];
    connection.is_busy = true;
    connection.in.clear();
    connection.answer_bytes = 0;
    connection.sent = Clock::now();
    while (!connection.rest.empty()) {
      const ssize_t n =
          ::send(connection.socket, connection.rest.data(), connection.rest.size(), 0);
      if (n < 0) throw std::runtime_error("the server closed a connection");
      connection.rest.remove_prefix(static_cast<size_t>(n));
    }
  }
  // What no connection is free for is not sent later: the clients are too many already.
  void send_due(double due) {
    const auto wanted = static_cast<uint64_t>(due);
    for (size_t looked = 0; offered_ < wanted && looked < connections_.size(); ++looked) {
      Connection& connection = connections_[at_++ % connections_.size()];
      if (connection.is_busy) continue;
      send(connection);
      ++offered_;
    }
    offered_ = wanted;
  }

  void receive(bool again) {
    epoll_event events[256];
    const int n = ::epoll_wait(epoll_, events, 256, again ? 100 : 0);
    for (int i = 0; i < n; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (!take(connection)) continue;
      const std::chrono::duration<double, std::milli> took = Clock::now() - connection.sent;
      if (connection.is_ok) {
        took_ms_.push_back(took.count());
      } else {
        ++failed_;
      }
      connection.is_busy = false;
      if (again) send(connection);
    }
  }

  // Whether an answer is whole.
  bool take(Connection& connection) {
    const ssize_t n = ::recv(connection.socket, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return false;
    if (n <= 0) throw std::runtime_error("the server closed a connection");
    connection.in.append(buffer_.data(), static_cast<size_t>(n));
    if (connection.answer_bytes == 0) {
      const size_t end = connection.in.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      connection.is_ok = connection.in.compare(8, 5, " 200 ") == 0;
      connection.answer_bytes = end + 4 + body_bytes(connection.in, end);
    }
    return connection.in.size() >= connection.answer_bytes;
  }
  static size_t body_bytes(const std::string& in, size_t end) {
    static constexpr std::string_view kName = "\r\ncontent-length:";
    for (size_t at = in.find("\r\n"); at < end; at = in.find("\r\n", at + 2)) {
      if (::strncasecmp(in.data() + at, kName.data(), kName.size()) != 0) continue;
      size_t from = at + kName.size();
      while (in[from] == ' ') ++from;
      size_t bytes = 0;
      std::from_chars(in.data() + from, in.data() + end, bytes);
      return bytes;
    }
    throw std::runtime_error("an answer without its length");
  }

  std::vector<std::string> requests_;
  std::vector<Connection> connections_;
  int epoll_ = -1;
  size_t next_ = 0;
  uint64_t offered_ = 0;
  size_t at_ = 0;
  int64_t failed_ = 0;
  Clock::time_point begin_;
  std::vector<double> took_ms_;
  std::vector<char> buffer_ = std::vector<char>(256 << 10);
};

nlohmann::json loaded(const std::vector<std::string>& words) {
  Load load(std::stoi(words.at(0)), std::stoll(words.at(1)), words.at(3));
  const double rate = words.size() > 4 ? std::stod(words[4]) : 0;
  return load.run(std::stod(words.at(2)), rate);
}

}  // namespace

int main() { return bench::serve({{"load", loaded}, {"offer", loaded}}); }
