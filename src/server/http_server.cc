#ifdef __SANITIZE_THREAD__  // it knows of locks, which order all that is shared, but not of fences
#define BOOST_ASIO_DISABLE_FENCED_BLOCK
#endif
#include "server/http_server.h"

#include <fmt/format.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

#include "server/http_answer.h"
#include "server/work_pool.h"
#include "weft/error.h"

namespace weft {
namespace {

namespace asio = boost::asio;
using SystemError = boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using TlsStream = asio::ssl::stream<Socket>;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
using Steady = std::chrono::steady_clock;

constexpr size_t kReadBytes = 16 << 10;
constexpr size_t kBodyReadBytes = 256 << 10;
// Answers of pipelined requests are gathered up to this size before they are sent.
constexpr size_t kSendBytes = 64 << 10;
// A buffer that a large answer made larger is given back.
constexpr size_t kKeptBytes = 128 << 10;
// How long, and how much, is read and thrown away so that a client gets to see why it was refused.
constexpr auto kLinger = std::chrono::seconds(2);
constexpr int64_t kLingerBytesMax = 64 << 20;
// Connections above the limit that may be told so at one time.
constexpr int64_t kRefusedAtOnceMax = 256;

class Connection;

// One thread with its connections.
struct Loop {
  explicit Loop(HttpServer::State& state) : server(state) {}

  HttpServer::State& server;
  asio::io_context io{1};
  asio::executor_work_guard<Executor> work{io.get_executor()};
  asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor> sweeper{io};
  std::unique_ptr<HttpHandler> handler = {};
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections = {};
  std::atomic<int64_t> load{0};  // connections given to it
  bool draining = false;
  int64_t date_s = -1;
  std::string date = {};
  uint64_t id_high = 0;
  uint64_t id_low = 0;
  std::thread thread = {};

  void run();
  void sweep();
  void drain(bool now);
  void end_if_drained();
  void add(std::shared_ptr<Connection> connection);
  void remove(Connection* connection);
  const std::string& date_now();
  void make_request_id(std::string& id);
};

}  // namespace

struct HttpServer::State {
  HttpOptions options;
  HttpCounts counts = {};
  std::vector<std::unique_ptr<Loop>> loops = {};
  std::unique_ptr<Acceptor> acceptor = {};
  std::unique_ptr<asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>> again =
      {};
  std::mutex tls_mutex = {};
  std::shared_ptr<asio::ssl::context> tls = {};
  std::unique_ptr<WorkPool> writes = {};
  std::unique_ptr<WorkPool> jobs = {};
  std::vector<std::unique_ptr<HttpHandler>> write_handlers = {};
  std::vector<std::unique_ptr<HttpHandler>> job_handlers = {};
  int port = 0;
  std::atomic<bool> stopping{false};
  std::mutex end_mutex = {};
  std::condition_variable ended = {};
  size_t loops_running = 0;

  std::shared_ptr<asio::ssl::context> tls_now() {
    const std::lock_guard lock(tls_mutex);
    return tls;
  }
  bool submit(Lane lane, std::function<void(HttpHandler&)> job) {
    const bool is_write = lane == Lane::kWrites;
    auto& handlers = is_write ? write_handlers : job_handlers;
    WorkPool* pool = is_write ? writes.get() : jobs.get();
    if (!pool || stopping) return false;
    return pool->try_submit(
        [&handlers, job = std::move(job)](size_t thread) { job(*handlers[thread]); });
  }
  void listen();
  void accept();
  void take(Loop& loop, Socket socket);
};

namespace {

// ---- one connection --------------------------------------------------------------------------

// At any time it either reads, or sends, or waits for an answer out of a pool. Lives on the thread
// of its loop.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Loop& loop, bool refuse)
      : loop_(loop),
        server_(loop.server),
        refuse_(refuse),
        parser_(loop.server.options.limits, request_),
        in_(std::make_unique_for_overwrite<char[]>(kReadBytes)) {}
  virtual ~Connection() = default;

  virtual void start() = 0;
  virtual bool is_tls() const = 0;
  bool is_refused() const { return refuse_; }
  void set_remote(std::string address) {
    remote_ = std::move(address);
    request_.remote = remote_;
  }

  // Closes what waits too long. A request that is late is told so first.
  void check_deadline(Steady::time_point now) {
    if (now < deadline_) return;
    if (phase_ != Phase::kReading || !parser_.started()) return close();
    cancel();  // the read ends with an error and comes back here through on_read()
    late_ = true;
  }
  // Ends when what is under way has been answered.
  void drain() {
    closing_ = true;
    if (phase_ == Phase::kReading && !parser_.started() && in_size_ == 0) close();
  }
  void close() {
    if (phase_ == Phase::kClosed) return;
    phase_ = Phase::kClosed;
    close_socket();
    loop_.remove(this);
  }

 protected:
  enum class Phase : uint8_t { kHandshake, kReading, kSending, kWaiting, kLingering, kClosed };

  virtual void async_read(char* into, size_t size) = 0;
  virtual void async_send(const char* from, size_t size) = 0;
  // Sends what goes without waiting; 0 where it cannot tell.
  virtual size_t send_now(const char* from, size_t size) = 0;
  virtual void async_end_sending() = 0;
  virtual void cancel() = 0;
  virtual void close_socket() = 0;

  void begin() {
    if (refuse_) {
      response_.clear();
      refuse(503, "resource_limit", "there are too many connections", "connections");
    }
    go_on();
  }
  void on_read(bool failed, size_t n) {
    if (phase_ == Phase::kClosed) return;
    if (phase_ == Phase::kLingering) return linger_on(failed, n);
    if (late_) {
      response_.clear();
      refuse(408, "resource_limit", "the request did not arrive in time", "timeout");
      return go_on();
    }
    if (failed) return close();
    server_.counts.bytes_in.fetch_add(static_cast<int64_t>(n), std::memory_order_relaxed);
    in_size_ += n;
    go_on();
  }
  void on_sent(bool failed, size_t n) {
    if (phase_ == Phase::kClosed) return;
    if (failed) return close();
    count_sent(n);
    go_on();
  }
  void on_ended_sending() {
    if (phase_ == Phase::kClosed) return;
    lingered_ = 0;
    async_read(in_.get(), in_capacity_);
  }

  Loop& loop_;
  HttpServer::State& server_;
  Phase phase_ = Phase::kHandshake;
  Steady::time_point deadline_ = Steady::now() + server_.options.request_timeout;

 private:
  // Answers what has arrived and sends it, in turns, until there is something to wait for.
  void go_on() {
    while (true) {
      if (!send()) return;
      if (closing_ && (lingers_ || !parser_.started())) {
        return lingers_ || is_tls() ? linger() : close();
      }
      if (!process()) return;
      if (out_.empty()) return read();
    }
  }
  void read() {
    phase_ = Phase::kReading;
    if (!parser_.started()) {
      deadline_ = Steady::now() + server_.options.idle_timeout;
      has_begun_ = false;
    } else {
      if (!has_begun_) request_deadline_ = Steady::now() + server_.options.request_timeout;
      has_begun_ = true;
      deadline_ = request_deadline_;
    }
    make_room();
    async_read(in_.get() + in_size_, in_capacity_ - in_size_);
  }
  void make_room() {
    if (in_size_ == 0 && in_capacity_ > kReadBytes && !parser_.started()) {
      in_ = std::make_unique_for_overwrite<char[]>(kReadBytes);
      in_capacity_ = kReadBytes;
      return;
    }
    size_t wanted = in_capacity_;
    if (in_size_ == in_capacity_) wanted = in_capacity_ * 2;
    if (parser_.in_body() && request_.body.size() > kReadBytes) wanted = kBodyReadBytes;
    if (wanted <= in_capacity_) return;
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    std::memcpy(larger.get(), in_.get(), in_size_);
    in_ = std::move(larger);
    in_capacity_ = wanted;
  }
  // Answers what has arrived, as far as that goes; false if an answer comes later.
  bool process() {
    size_t at = 0;
    bool goes_on = !is_held_ || answer();
    while (goes_on && at < in_size_ && out_.size() < kSendBytes) {
      size_t taken = 0;
      const HttpParser::Status status =
          parser_.feed(std::string_view(in_.get() + at, in_size_ - at), taken);
      at += taken;
      if (status == HttpParser::Status::kNeedMore) {
        if (parser_.in_body()) greet();
        break;
      }
      goes_on = status == HttpParser::Status::kDone ? answer() : refuse_request();
    }
    std::memmove(in_.get(), in_.get() + at, in_size_ - at);
    in_size_ -= at;
    return phase_ != Phase::kWaiting;
  }
  // "Expect: 100-continue": the client waits to hear that the body is wanted.
  void greet() {
    if (!request_.expects_continue || request_.version < 11) return;
    request_.expects_continue = false;
    if (request_.body.empty()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  // False if nothing more may be read for now.
  bool answer() {
    const Lane lane = request_.expects_other ? Lane::kHere : loop_.handler->lane(request_);
    if (lane != Lane::kHere && !out_.empty()) {  // the answers before it need not wait for it
      is_held_ = true;
      return false;
    }
    is_held_ = false;
    started_at_ = Steady::now();
    response_.clear();
    if (request_.request_id.empty()) loop_.make_request_id(request_.request_id);
    auto& under_way = server_.counts.requests;
    if (under_way.fetch_add(1, std::memory_order_relaxed) >= server_.options.requests_max) {
      overload();
      return finish();
    }
    if (request_.expects_other) {
      set_error(response_, 417, "invalid_argument", "the field Expect asks for something unknown");
      return finish();
    }
    if (lane == Lane::kHere) {
      loop_.handler->handle(request_, response_);
      return finish();
    }
    phase_ = Phase::kWaiting;
    deadline_ = Steady::time_point::max();
    const bool taken = server_.submit(lane, [self = shared_from_this()](HttpHandler& handler) {
      handler.handle(self->request_, self->response_);
      Loop& loop = self->loop_;
      asio::post(loop.io, [self] { self->on_answered(); });
    });
    if (taken) return false;
    phase_ = Phase::kReading;
    overload();
    return finish();
  }
  void on_answered() {
    if (phase_ == Phase::kClosed) {
      server_.counts.requests.fetch_sub(1, std::memory_order_relaxed);
      return;
    }
    phase_ = Phase::kReading;
    finish();
    go_on();
  }
  void overload() {
    set_error(response_, 503, "resource_limit", "there is too much to do: try again later");
    response_.retry_after_s = 1;
    response_.refused = "overload";
  }
  // Puts the answer behind the ones that are to be sent.
  bool finish() {
    const bool keep = request_.keep_alive && !response_.close && !closing_;
    loop_.handler->finished(request_, response_, Steady::now() - started_at_);
    append_answer(request_, response_, keep, loop_.date_now(), out_);
    server_.counts.requests.fetch_sub(1, std::memory_order_relaxed);
    parser_.begin();
    if (!keep) closing_ = true;
    return keep;
  }
  bool refuse_request() {
    response_.clear();
    const int status = parser_.error_status();
    refuse(status, status == 413 || status == 431 ? "resource_limit" : "bad_data", parser_.error(),
           status == 413 || status == 431 ? "size" : "syntax");
    return false;
  }
  // Answers what is no request, and ends the connection in a way that lets the client read it.
  void refuse(int status, std::string_view code, std::string_view message, std::string_view why) {
    if (request_.request_id.empty()) loop_.make_request_id(request_.request_id);
    set_error(response_, status, code, message);
    response_.refused = why;
    if (status == 503) response_.retry_after_s = 1;
    loop_.handler->finished(request_, response_, {});
    append_answer(request_, response_, false, loop_.date_now(), out_);
    closing_ = lingers_ = true;
  }

  // False while some of it waits for the client.
  bool send() {
    while (sent_ < out_.size()) {
      phase_ = Phase::kSending;
      const size_t n = send_now(out_.data() + sent_, out_.size() - sent_);
      if (n == 0) {
        deadline_ = Steady::now() + server_.options.write_timeout;
        async_send(out_.data() + sent_, out_.size() - sent_);
        return false;
      }
      count_sent(n);
    }
    out_.clear();
    sent_ = 0;
    if (out_.capacity() > kKeptBytes) std::string().swap(out_);
    return true;
  }
  void count_sent(size_t n) {
    sent_ += n;
    server_.counts.bytes_out.fetch_add(static_cast<int64_t>(n), std::memory_order_relaxed);
  }
  // A socket that is closed with bytes unread resets the connection, and the answer is lost.
  void linger() {
    phase_ = Phase::kLingering;
    deadline_ = Steady::now() + kLinger;
    async_end_sending();
  }
  void linger_on(bool failed, size_t n) {
    lingered_ += static_cast<int64_t>(n);
    if (failed || lingered_ > kLingerBytesMax) return close();
    async_read(in_.get(), in_capacity_);
  }

  const bool refuse_;
  HttpRequest request_;
  HttpResponse response_;
  HttpParser parser_;
  std::unique_ptr<char[]> in_;
  size_t in_capacity_ = kReadBytes;
  size_t in_size_ = 0;
  std::string out_;
  size_t sent_ = 0;
  std::string remote_;
  Steady::time_point started_at_ = {};
  Steady::time_point request_deadline_ = {};
  bool has_begun_ = false;  // the request that is read has its deadline
  bool is_held_ = false;    // a request was read, and waits until the answers before it are sent
  bool closing_ = false;    // after what is to be sent
  bool lingers_ = false;
  bool late_ = false;
  int64_t lingered_ = 0;
};

// What TCP and TLS do differently.
template <class Stream>
class StreamConnection final : public Connection {
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

 public:
  StreamConnection(Loop& loop, Socket socket, bool refuse)
    requires(!kTls)
      : Connection(loop, refuse), stream_(std::move(socket)) {}
  StreamConnection(Loop& loop, Socket socket, std::shared_ptr<asio::ssl::context> tls)
    requires(kTls)
      : Connection(loop, false), tls_(std::move(tls)), stream_(std::move(socket), *tls_) {}

  bool is_tls() const override { return kTls; }
  void start() override {
    if constexpr (kTls) {
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = self()](const SystemError& error) {
                                if (self->phase_ == Phase::kClosed) return;
                                error ? self->close() : self->begin();
                              });
    } else {
      begin();
    }
  }

 private:
  std::shared_ptr<StreamConnection> self() {
    return std::static_pointer_cast<StreamConnection>(shared_from_this());
  }
  Socket& socket() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }
  void async_read(char* into, size_t size) override {
    stream_.async_read_some(asio::buffer(into, size),
                            [self = self()](const SystemError& error, size_t n) {
                              self->on_read(static_cast<bool>(error), n);
                            });
  }
  void async_send(const char* from, size_t size) override {
    stream_.async_write_some(asio::buffer(from, size),
                             [self = self()](const SystemError& error, size_t n) {
                               self->on_sent(static_cast<bool>(error), n);
                             });
  }
  size_t send_now(const char* from, size_t size) override {
    if constexpr (kTls) {
      return 0;
    } else {
      SystemError error;
      return stream_.write_some(asio::buffer(from, size), error);
    }
  }
  void async_end_sending() override {
    if constexpr (kTls) {
      stream_.async_shutdown([self = self()](const SystemError&) { self->close(); });
    } else {
      SystemError ignored;
      stream_.shutdown(Socket::shutdown_send, ignored);
      on_ended_sending();
    }
  }
  void cancel() override {
    SystemError ignored;
    socket().cancel(ignored);
  }
  void close_socket() override {
    SystemError ignored;
    socket().close(ignored);
  }

  std::shared_ptr<asio::ssl::context> tls_;
  Stream stream_;
};

// ---- one thread ------------------------------------------------------------------------------

void Loop::run() {
  sweep();
  while (true) {
    try {
      io.run();
      break;
    } catch (const std::exception&) {
      // Memory ran out; what the connection waits for ends with its deadline.
    }
  }
  HttpServer::State& state = server;
  const std::lock_guard lock(state.end_mutex);
  --state.loops_running;
  state.ended.notify_all();
}

void Loop::sweep() {
  const HttpOptions& options = server.options;
  const auto shortest =
      std::min({options.request_timeout, options.write_timeout, options.idle_timeout});
  sweeper.expires_after(std::clamp(shortest / 4, Milliseconds(2), Milliseconds(250)));
  sweeper.async_wait([this](const SystemError& error) {
    if (error) return;
    const Steady::time_point now = Steady::now();
    std::vector<std::shared_ptr<Connection>> all;  // closing one takes it out of the map
    for (const auto& [key, connection] : connections) all.push_back(connection);
    for (const auto& connection : all) connection->check_deadline(now);
    if (!draining || !connections.empty()) sweep();
  });
}

void Loop::drain(bool now) {
  draining = true;
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [key, connection] : connections) all.push_back(connection);
  for (const auto& connection : all) now ? connection->close() : connection->drain();
  end_if_drained();
}

void Loop::end_if_drained() {
  if (!draining || !connections.empty()) return;
  sweeper.cancel();
  work.reset();
}

void Loop::add(std::shared_ptr<Connection> connection) {
  Connection* key = connection.get();
  connections.emplace(key, std::move(connection));
  key->start();
  if (draining && connections.contains(key)) key->drain();
}

void Loop::remove(Connection* connection) {
  const auto found = connections.find(connection);
  if (found == connections.end()) return;
  const std::shared_ptr<Connection> kept = found->second;  // it may be the last one
  connections.erase(found);
  load.fetch_sub(1, std::memory_order_relaxed);
  (kept->is_refused() ? server.counts.refused_now : server.counts.connections)
      .fetch_sub(1, std::memory_order_relaxed);
  end_if_drained();
}

const std::string& Loop::date_now() {
  const auto now = server.options.clock->now().time_since_epoch();
  const int64_t second = std::chrono::floor<std::chrono::seconds>(now).count();
  if (second != date_s) {
    date_s = second;
    date = http_date(second);
  }
  return date;
}

void Loop::make_request_id(std::string& id) {
  static constexpr char kHex[] = "0123456789abcdef";
  if (id_high == 0) {
    std::random_device random;
    id_high = (uint64_t{random()} << 32) | random() | 1;
    id_low = random();
  }
  // Weyl sequence and a finalizer: no two alike on a thread, and they look it.
  uint64_t x = id_high ^ (id_low += 0x9E3779B97F4A7C15u);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  x ^= x >> 31;
  for (int i = 60; i >= 0; i -= 4) id += kHex[(x >> i) & 15];
}

// ---- listening -------------------------------------------------------------------------------

std::shared_ptr<asio::ssl::context> make_tls(const HttpOptions& options) {
  if (options.tls_certificate.empty() && options.tls_key.empty()) return nullptr;
  if (options.tls_certificate.empty() || options.tls_key.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "TLS needs both a certificate and its key");
  }
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
  SystemError error;
  const auto check = [&](const std::string& what, const std::string& path) {
    if (!error) return;
    throw Error(ErrorCode::kBadData, what + " " + path + " cannot be used: " + error.message());
  };
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::single_dh_use |
                   SSL_OP_NO_RENEGOTIATION);
  tls->use_certificate_chain_file(options.tls_certificate, error);
  check("the certificate", options.tls_certificate);
  tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, error);
  check("the key", options.tls_key);
  if (SSL_CTX_check_private_key(tls->native_handle()) != 1) {
    throw Error(ErrorCode::kBadData, "the key " + options.tls_key +
                                         " is not that of the certificate " +
                                         options.tls_certificate);
  }
  return tls;
}

Tcp::endpoint endpoint_of(const HttpOptions& options, asio::io_context& io) {
  SystemError error;
  asio::ip::basic_resolver<Tcp, Executor> resolver(io);
  const auto found = resolver.resolve(options.host, std::to_string(options.port),
                                      asio::ip::resolver_base::passive, error);
  if (error || found.empty()) {
    throw Error(ErrorCode::kIo,
                "the address " + options.host + " is not known: " + error.message());
  }
  return found.begin()->endpoint();
}

}  // namespace

void HttpServer::State::listen() {
  asio::io_context& io = loops[0]->io;
  const Tcp::endpoint endpoint = endpoint_of(options, io);
  SystemError error;
  const auto check = [&](const char* doing) {
    if (!error) return;
    throw Error(ErrorCode::kIo, fmt::format("cannot {} {}:{}: {}", doing, options.host,
                                            options.port, error.message()));
  };
  acceptor = std::make_unique<Acceptor>(io);
  again =
      std::make_unique<asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>>(io);
  acceptor->open(endpoint.protocol(), error);
  check("open");
  acceptor->set_option(asio::socket_base::reuse_address(true), error);
  acceptor->bind(endpoint, error);
  check("take");
  acceptor->listen(4096, error);
  check("listen at");
  port = acceptor->local_endpoint().port();
}

void HttpServer::State::accept() {
  Loop* least = loops[0].get();
  for (const auto& loop : loops) {
    if (loop->load < least->load) least = loop.get();
  }
  acceptor->async_accept(least->io.get_executor(),
                         [this, least](const SystemError& error, Socket socket) {
                           if (stopping || error == asio::error::operation_aborted) return;
                           if (error) {  // no more descriptors: others may be closed meanwhile
                             again->expires_after(Milliseconds(50));
                             again->async_wait([this](const SystemError& cancelled) {
                               if (!cancelled && !stopping) accept();
                             });
                             return;
                           }
                           take(*least, std::move(socket));
                           accept();
                         });
}

void HttpServer::State::take(Loop& loop, Socket socket) {
  counts.accepted.fetch_add(1, std::memory_order_relaxed);
  const bool refuse = counts.connections >= options.connections_max;
  const std::shared_ptr<asio::ssl::context> tls_kept = tls_now();
  if (refuse) {
    counts.refused_connections.fetch_add(1, std::memory_order_relaxed);
    if (tls_kept || counts.refused_now >= kRefusedAtOnceMax) return;
  }
  SystemError error;
  socket.set_option(Tcp::no_delay(true), error);
  socket.non_blocking(true, error);
  const Tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;
  (refuse ? counts.refused_now : counts.connections).fetch_add(1, std::memory_order_relaxed);
  loop.load.fetch_add(1, std::memory_order_relaxed);
  std::shared_ptr<Connection> connection;
  if (tls_kept) {
    connection = std::make_shared<StreamConnection<TlsStream>>(loop, std::move(socket), tls_kept);
  } else {
    connection = std::make_shared<StreamConnection<Socket>>(loop, std::move(socket), refuse);
  }
  connection->set_remote(remote.address().to_string());
  asio::post(loop.io, [&loop, connection = std::move(connection)]() mutable {
    loop.add(std::move(connection));
  });
}

HttpServer::HttpServer(HttpOptions options) : state_(new State{.options = std::move(options)}) {}

HttpServer::~HttpServer() {
  stop(Milliseconds(0));
  // What the connections hold refers to the state.
  for (const auto& loop : state_->loops) loop->connections.clear();
}

void HttpServer::start(const MakeHandler& make_handler) {
  State& s = *state_;
  const int n = s.options.threads > 0
                    ? s.options.threads
                    : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  s.tls = make_tls(s.options);
  for (int i = 0; i < n; ++i) s.loops.push_back(std::make_unique<Loop>(s));
  try {
    s.listen();
    for (const auto& loop : s.loops) loop->handler = make_handler(*this);
    s.writes = std::make_unique<WorkPool>(s.options.write_threads, s.options.write_queue_max);
    s.jobs = std::make_unique<WorkPool>(s.options.job_threads, s.options.job_queue_max);
    for (size_t i = 0; i < s.writes->threads(); ++i) {
      s.write_handlers.push_back(make_handler(*this));
    }
    for (size_t i = 0; i < s.jobs->threads(); ++i) s.job_handlers.push_back(make_handler(*this));
  } catch (...) {
    s.acceptor.reset();
    s.again.reset();
    s.loops.clear();
    throw;
  }
  s.loops_running = s.loops.size();
  s.accept();
  for (const auto& loop : s.loops) {
    loop->thread = std::thread([loop = loop.get()] { loop->run(); });
  }
}

int HttpServer::port() const { return state_->port; }
bool HttpServer::is_stopping() const { return state_->stopping; }
const HttpCounts& HttpServer::counts() const { return state_->counts; }

void HttpServer::reload_certificate() {
  std::shared_ptr<asio::ssl::context> next = make_tls(state_->options);
  const std::lock_guard lock(state_->tls_mutex);
  state_->tls.swap(next);
}

bool HttpServer::submit(Lane lane, std::function<void(HttpHandler&)> job) {
  return state_->submit(lane, std::move(job));
}

void HttpServer::stop(Milliseconds patience) {
  State& s = *state_;
  if (s.stopping.exchange(true) || s.loops.empty()) return;
  asio::post(s.loops[0]->io, [&s] {
    SystemError ignored;
    s.acceptor->close(ignored);
    s.again->cancel();
  });
  const auto drain = [&](bool now) {
    for (const auto& loop : s.loops) {
      asio::post(loop->io, [loop = loop.get(), now] { loop->drain(now); });
    }
  };
  drain(false);
  {
    std::unique_lock lock(s.end_mutex);
    const auto done = [&] { return s.loops_running == 0; };
    if (!s.ended.wait_for(lock, patience, done)) {
      lock.unlock();
      drain(true);
      lock.lock();
      s.ended.wait(lock, done);
    }
  }
  for (const auto& loop : s.loops) loop->thread.join();
  s.writes->stop();
  s.jobs->stop();
}

}  // namespace weft
