/// A client for tests that sends exactly the bytes it is told to.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

struct TestAnswer {
  int status = 0;  ///< 0: the connection ended before an answer was whole
  std::string head;
  std::string body;

  /// The value of a field, "" if it is not there.
  std::string field(const std::string& name) const {
    const size_t at = head.find("\r\n" + name + ": ");
    if (at == head.npos) return {};
    const size_t start = at + name.size() + 4;
    return head.substr(start, head.find("\r\n", start) - start);
  }
};

/// Waits at most ten seconds for anything.
class TestClient {
 public:
  explicit TestClient(int port, SSL_CTX* tls = nullptr) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience = {.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (!tls) return;
    ssl_ = ::SSL_new(tls);
    ::SSL_set_fd(ssl_, fd_);
    connected_ = ::SSL_connect(ssl_) == 1;
  }
  ~TestClient() {
    if (ssl_) ::SSL_free(ssl_);
    ::close(fd_);
  }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  /// False if the other side has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ssl_ ? ::SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }
  /// The next answer; `has_body` is false for one to HEAD.
  TestAnswer receive(bool has_body = true) {
    TestAnswer answer;
    size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == buffer_.npos) {
      if (!more()) return answer;
    }
    answer.head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    const std::string length = answer.field("Content-Length");
    const size_t size = !has_body || length.empty() ? 0 : std::stoul(length);
    while (buffer_.size() < size) {
      if (!more()) return answer;
    }
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    answer.status = std::stoi(answer.head.substr(9, 3));
    return answer;
  }
  TestAnswer ask(std::string_view request, bool has_body = true) {
    send(request);
    return receive(has_body);
  }
  /// Reads until the other side closes; false if it does not.
  bool closed() {
    while (true) {
      const ssize_t n = read_some();
      if (n <= 0) return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }
  }
  /// All until the other side closes.
  std::string rest() {
    while (more()) {
    }
    return std::exchange(buffer_, {});
  }

 private:
  ssize_t read_some() {
    char bytes[4096];
    const ssize_t n =
        ssl_ ? ::SSL_read(ssl_, bytes, sizeof bytes) : ::recv(fd_, bytes, sizeof bytes, 0);
    if (n > 0) buffer_.append(bytes, static_cast<size_t>(n));
    return n;
  }
  bool more() { return read_some() > 0; }

  int fd_;
  bool connected_ = false;
  SSL* ssl_ = nullptr;
  std::string buffer_;
};

inline std::string get_request(const std::string& target, const std::string& fields = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
inline std::string post_request(const std::string& target, const std::string& body,
                                const std::string& fields = {}) {
  return "POST " + target + " HTTP/1.1\r\nHost: h\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace weft
