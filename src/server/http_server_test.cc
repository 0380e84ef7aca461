// The HTTP core with a handler that only echoes.
#include "server/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <future>
#include <latch>
#include <random>
#include <semaphore>
#include <thread>

#include "base/scratch_folder.h"
#include "base/test_seed.h"
#include "server/http_answer.h"
#include "server/http_test_client.h"
#include "weft/error.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// What a test's handlers share.
struct Shared {
  std::counting_semaphore<> entered{0};
  std::counting_semaphore<> may_go{0};
  std::mutex mutex = {};
  std::vector<std::string> refused = {};
  std::vector<int> statuses = {};
};

class EchoHandler final : public HttpHandler {
 public:
  explicit EchoHandler(Shared& shared) : shared_(shared) {}
  Lane lane(const HttpRequest& request) override {
    return request.path() == "/slow" ? Lane::kWrites : Lane::kHere;
  }
  void handle(const HttpRequest& request, HttpResponse& response) override {
    if (request.path() == "/slow") {
      shared_.entered.release();
      shared_.may_go.acquire();
    }
    if (request.path() == "/large") response.body.assign(8 << 20, 'x');
    if (request.path() != "/large") response.body = request.method + " " + request.target;
    if (!request.body.empty()) response.body += " " + request.body;
  }
  void finished(const HttpRequest&, const HttpResponse& response,
                std::chrono::nanoseconds) override {
    const std::lock_guard lock(shared_.mutex);
    shared_.statuses.push_back(response.status);
    if (!response.refused.empty()) shared_.refused.emplace_back(response.refused);
  }

 private:
  Shared& shared_;
};

class HttpServerTest : public testing::Test {
 protected:
  void start(HttpOptions options = {}) {
    options.threads = options.threads == 0 ? 2 : options.threads;
    server_ = std::make_unique<HttpServer>(options);
    server_->start([this](HttpServer&) { return std::make_unique<EchoHandler>(shared_); });
  }
  int port() const { return server_->port(); }
  static void wait_for(const std::atomic<int64_t>& count, int64_t value) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (count != value && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    ASSERT_EQ(count, value);
  }

  Shared shared_;
  std::unique_ptr<HttpServer> server_;
};

struct Exchange {
  const char* name;
  std::string sent;
  int status;
  std::string body_part;
  bool stays_open;
};
class HttpExchangeTest : public HttpServerTest, public testing::WithParamInterface<Exchange> {};

TEST_P(HttpExchangeTest, IsAnswered) {
  start({.limits = {.header_bytes_max = 1024, .body_bytes_max = 64}});
  TestClient client(port());
  const TestAnswer answer = client.ask(GetParam().sent, !GetParam().sent.starts_with("HEAD"));
  EXPECT_EQ(answer.status, GetParam().status) << answer.head;
  EXPECT_THAT(answer.body, HasSubstr(GetParam().body_part));
  EXPECT_FALSE(answer.field("Date").empty());
  EXPECT_FALSE(answer.field("X-Request-Id").empty());
  if (GetParam().stays_open) {
    EXPECT_EQ(client.ask(get_request("/again")).body, "GET /again");
  } else {
    EXPECT_TRUE(client.closed());
  }
}

const Exchange kExchanges[] = {
    {"Get", get_request("/a?b=1"), 200, "GET /a?b=1", true},
    {"Post", post_request("/p", "hello"), 200, "POST /p hello", true},
    {"Head", "HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n", 200, "", true},
    {"EmptyLineBefore", "\r\n" + get_request("/a"), 200, "GET /a", true},
    {"Close", get_request("/a", "Connection: close\r\n"), 200, "GET /a", false},
    {"Http10", "GET /a HTTP/1.0\r\n\r\n", 200, "GET /a", false},
    {"Http10KeepAlive", "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, "GET /a", true},
    {"Chunked",
     "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n",
     200, "POST /c abcde", true},
    {"NoHost", "GET /a HTTP/1.1\r\n\r\n", 400, "Host", false},
    {"TwoHosts", get_request("/a", "Host: i\r\n"), 400, "twice", false},
    {"NotHttp", "hello there\r\n\r\n", 400, "not HTTP", false},
    {"TlsHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n", 14), 400, "",
     false},
    {"Version", "GET /a HTTP/2.0\r\nHost: h\r\n\r\n", 505, "HTTP/1.1", false},
    {"BadLength", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400, "", false},
    {"TwoLengths",
     "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "",
     false},
    {"LengthAndChunked",
     "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n",
     400, "", false},
    {"BadChunk", "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
     400, "", false},
    {"LargeHeader", get_request("/a", "X: " + std::string(2000, 'x') + "\r\n"), 431, "1024", false},
    {"EndlessHeader", "GET /" + std::string(20'000, 'x'), 431, "1024", false},
    {"LargeBody", post_request("/p", std::string(65, 'x')), 413, "64", false},
    {"LargeBodyUnsent", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n", 413,
     "64", false},
    {"LargeChunks",
     "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n" +
         std::string(100, 'x') + "\r\n0\r\n\r\n",
     413, "64", false},
    {"OtherExpectation", get_request("/a", "Expect: the unexpected\r\n"), 417, "Expect", true},
    {"AbsoluteTarget", get_request("http://h/a?x=y"), 200, "GET http://h/a?x=y", true},
};
INSTANTIATE_TEST_SUITE_P(All, HttpExchangeTest, testing::ValuesIn(kExchanges),
                         [](const auto& row) { return row.param.name; });

TEST_F(HttpServerTest, HeadHasTheLengthButNoBody) {
  start();
  TestClient client(port());
  const TestAnswer answer = client.ask("HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n", false);
  EXPECT_EQ(answer.field("Content-Length"), "7");
  EXPECT_EQ(client.ask(get_request("/next")).body, "GET /next");
}

TEST_F(HttpServerTest, ArrivesByteByByte) {
  start();
  TestClient client(port());
  for (const char c : post_request("/p", "hello")) client.send({&c, 1});
  EXPECT_EQ(client.receive().body, "POST /p hello");
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  TestClient client(port());
  std::string all;
  for (int i = 0; i < 500; ++i) {
    all += i % 100 == 50 ? post_request("/slow", std::to_string(i))
                         : post_request("/p", std::to_string(i));
  }
  shared_.may_go.release(5);
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 500; ++i) {
    EXPECT_THAT(client.receive().body, testing::EndsWith(" " + std::to_string(i)));
  }
  sender.join();
}

TEST_F(HttpServerTest, AnswersBeforeASlowOneDoNotWaitForIt) {
  start();
  TestClient client(port());
  client.send(get_request("/1") + get_request("/slow") + get_request("/2"));
  EXPECT_EQ(client.receive().body, "GET /1");
  shared_.may_go.release();
  EXPECT_EQ(client.receive().body, "GET /slow");
  EXPECT_EQ(client.receive().body, "GET /2");
}

TEST_F(HttpServerTest, ReadsGoOnWhileTheSlowLaneIsFull) {
  start({.threads = 1, .write_threads = 1, .write_queue_max = 1});
  TestClient running(port());
  TestClient queued(port());
  running.send(get_request("/slow"));
  shared_.entered.acquire();
  queued.send(get_request("/slow"));
  wait_for(server_->counts().requests, 2);
  TestClient other(port());
  const TestAnswer refused = other.ask(get_request("/slow"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("Retry-After"), "1");
  EXPECT_EQ(other.ask(get_request("/fast")).status, 200);
  shared_.may_go.release(2);
  EXPECT_EQ(running.receive().status, 200);
  EXPECT_EQ(queued.receive().status, 200);
}

TEST_F(HttpServerTest, TooManyRequestsUnderWayAreRefusedAtOnce) {
  start({.threads = 1, .requests_max = 1});
  TestClient slow(port());
  slow.send(get_request("/slow"));
  shared_.entered.acquire();
  TestClient other(port());
  EXPECT_EQ(other.ask(get_request("/fast")).status, 503);
  shared_.may_go.release();
  EXPECT_EQ(slow.receive().status, 200);
  EXPECT_EQ(other.ask(get_request("/fast")).status, 200);
}

TEST_F(HttpServerTest, ConnectionsHaveALimit) {
  start({.connections_max = 2});
  TestClient first(port());
  auto second = std::make_unique<TestClient>(port());
  EXPECT_EQ(first.ask(get_request("/a")).status, 200);
  EXPECT_EQ(second->ask(get_request("/a")).status, 200);
  TestClient third(port());
  const TestAnswer refused = third.ask(get_request("/a"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("Retry-After"), "1");
  EXPECT_THAT(refused.body, HasSubstr("too many connections"));
  EXPECT_EQ(server_->counts().refused_connections, 1);
  third.end_sending();
  EXPECT_TRUE(third.closed());
  second.reset();
  wait_for(server_->counts().connections, 1);
  TestClient fourth(port());
  EXPECT_EQ(fourth.ask(get_request("/a")).status, 200);
}

struct Late {
  const char* name;
  std::string sent;
  bool is_told;
};
class HttpLateTest : public HttpServerTest, public testing::WithParamInterface<Late> {};

TEST_P(HttpLateTest, IsClosed) {
  start({.request_timeout = Milliseconds(30), .idle_timeout = Milliseconds(60)});
  TestClient client(port());
  client.send(GetParam().sent);
  if (GetParam().is_told) {
    EXPECT_EQ(client.receive().status, 408);
    EXPECT_THAT(shared_.refused, testing::ElementsAre("timeout"));
    client.end_sending();
  }
  EXPECT_TRUE(client.closed());
}
const Late kLate[] = {
    {"NothingSent", "", false},
    {"HalfALine", "GET /a HT", true},
    {"HalfAHeader", "GET /a HTTP/1.1\r\nHost: h\r\n", true},
    {"HalfABody", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab", true},
};
INSTANTIATE_TEST_SUITE_P(All, HttpLateTest, testing::ValuesIn(kLate),
                         [](const auto& row) { return row.param.name; });

TEST_F(HttpServerTest, AnIdleConnectionIsClosedAfterItsRequest) {
  start({.idle_timeout = Milliseconds(30)});
  TestClient client(port());
  EXPECT_EQ(client.ask(get_request("/a")).status, 200);
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTest, AClientThatDoesNotReadIsClosed) {
  start({.write_timeout = Milliseconds(50)});
  TestClient client(port());
  client.send(get_request("/large") + get_request("/large"));
  wait_for(server_->counts().accepted, 1);
  wait_for(server_->counts().connections, 0);
}

TEST_F(HttpServerTest, TheClientIsToldToSendItsBody) {
  start();
  TestClient client(port());
  client.send("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.receive(false).status, 100);
  EXPECT_EQ(client.ask("hi").body, "POST /p hi");
}

TEST_F(HttpServerTest, RequestIdsAreTakenOrMade) {
  start();
  TestClient client(port());
  const auto id = [&](const std::string& sent) {
    return client.ask(get_request("/a", sent)).field("X-Request-Id");
  };
  EXPECT_EQ(id("X-Request-Id: abc-1\r\n"), "abc-1");
  const std::string made = id("");
  EXPECT_EQ(made.size(), 16u);
  EXPECT_NE(id(""), made);
  EXPECT_EQ(id("X-Request-Id: a\"b\r\n").size(), 16u) << "it would break the log";
  EXPECT_EQ(id("x-request-id: " + std::string(200, 'x') + "\r\n").size(), 16u);
}

TEST_F(HttpServerTest, StopLetsARequestUnderWayEnd) {
  start();
  TestClient idle(port());
  TestClient busy(port());
  EXPECT_EQ(idle.ask(get_request("/a")).status, 200);
  busy.send(get_request("/slow"));
  shared_.entered.acquire();
  std::thread stopper([&] { server_->stop(Milliseconds(10'000)); });
  EXPECT_TRUE(idle.closed());
  shared_.may_go.release();
  const TestAnswer answer = busy.receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(busy.closed());
  stopper.join();
  EXPECT_FALSE(TestClient(port()).connected());
}

TEST_F(HttpServerTest, StopDoesNotWaitForever) {
  start();
  TestClient half(port());
  half.send("GET /a HTTP/1.1\r\n");
  TestClient busy(port());
  busy.send(get_request("/slow"));
  shared_.entered.acquire();
  std::thread stopper([&] { server_->stop(Milliseconds(20)); });
  EXPECT_TRUE(busy.closed());
  EXPECT_TRUE(half.closed());
  shared_.may_go.release();  // a thread cannot be stopped, only waited for
  stopper.join();
}

TEST_F(HttpServerTest, APortIsTakenOnce) {
  start();
  HttpServer second({.port = port()});
  try {
    second.start([this](HttpServer&) { return std::make_unique<EchoHandler>(shared_); });
    FAIL() << "it started";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_THAT(error.message(), HasSubstr(std::to_string(port())));
  }
}

// ---- TLS -------------------------------------------------------------------------------------

struct CertificateFiles {
  ScratchFolder folder;
  std::string certificate = folder / "cert.pem";
  std::string key = folder / "key.pem";

  explicit CertificateFiles(const char* name = "localhost") {
    EVP_PKEY* pair = ::EVP_EC_gen("P-256");
    X509* x509 = ::X509_new();
    ::ASN1_INTEGER_set(::X509_get_serialNumber(x509), 1);
    ::X509_gmtime_adj(::X509_getm_notBefore(x509), 0);
    ::X509_gmtime_adj(::X509_getm_notAfter(x509), 3600);
    ::X509_set_pubkey(x509, pair);
    X509_NAME* subject = ::X509_get_subject_name(x509);
    ::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    ::X509_set_issuer_name(x509, subject);
    ::X509_sign(x509, pair, ::EVP_sha256());
    FILE* file = std::fopen(certificate.c_str(), "w");
    ::PEM_write_X509(file, x509);
    std::fclose(file);
    file = std::fopen(key.c_str(), "w");
    ::PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    ::X509_free(x509);
    ::EVP_PKEY_free(pair);
  }
};
using TlsClient = std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)>;
TlsClient tls_client() { return {::SSL_CTX_new(::TLS_client_method()), &::SSL_CTX_free}; }

TEST_F(HttpServerTest, TlsAnswersAndPipelines) {
  const CertificateFiles files;
  start({.tls_certificate = files.certificate, .tls_key = files.key});
  const TlsClient tls = tls_client();
  TestClient client(port(), tls.get());
  ASSERT_TRUE(client.connected());
  shared_.may_go.release();
  client.send(get_request("/1") + get_request("/slow") + post_request("/2", "b"));
  EXPECT_EQ(client.receive().body, "GET /1");
  EXPECT_EQ(client.receive().body, "GET /slow");
  EXPECT_EQ(client.receive().body, "POST /2 b");
  EXPECT_EQ(client.ask(get_request("/large")).body.size(), size_t{8} << 20);
  EXPECT_EQ(client.ask(get_request("/e", "Connection: close\r\n")).status, 200);
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTest, TlsRefusesWhatIsOldOrPlain) {
  const CertificateFiles files;
  start({.tls_certificate = files.certificate,
         .tls_key = files.key,
         .request_timeout = Milliseconds(50)});
  const TlsClient tls = tls_client();
  ::SSL_CTX_set_max_proto_version(tls.get(), TLS1_1_VERSION);
  EXPECT_FALSE(TestClient(port(), tls.get()).connected());
  TestClient plain(port());
  plain.send(get_request("/a"));
  EXPECT_TRUE(plain.closed());
  TestClient silent(port());
  EXPECT_TRUE(silent.closed()) << "the handshake has a time limit";
}

TEST_F(HttpServerTest, ACertificateIsReplacedWhileConnectionsLive) {
  CertificateFiles files("before");
  start({.tls_certificate = files.certificate, .tls_key = files.key});
  const TlsClient tls = tls_client();
  TestClient old(port(), tls.get());
  EXPECT_EQ(old.ask(get_request("/a")).status, 200);
  const CertificateFiles next("after");
  write_file(files.certificate, read_file(next.certificate));
  EXPECT_THROW(server_->reload_certificate(), Error) << "the key is another one's";
  write_file(files.key, read_file(next.key));
  server_->reload_certificate();
  TestClient fresh(port(), tls.get());
  EXPECT_EQ(fresh.ask(get_request("/b")).status, 200);
  EXPECT_EQ(old.ask(get_request("/c")).status, 200);
}

TEST_F(HttpServerTest, CertificatesThatCannotBeUsed) {
  const CertificateFiles files;
  const auto message = [&](const std::string& certificate, const std::string& key) {
    HttpServer server({.tls_certificate = certificate, .tls_key = key});
    try {
      server.start([this](HttpServer&) { return std::make_unique<EchoHandler>(shared_); });
    } catch (const Error& error) {
      return error.message();
    }
    return std::string("it started");
  };
  EXPECT_THAT(message("/nowhere.pem", files.key), HasSubstr("/nowhere.pem"));
  EXPECT_THAT(message(files.certificate, files.certificate), HasSubstr("the key"));
  EXPECT_THAT(message(files.certificate, ""), HasSubstr("both"));
}

// ---- fuzz ------------------------------------------------------------------------------------

// Bytes that are cut, changed and joined at random: the server answers or closes, and lives.
TEST_F(HttpServerTest, RandomBytesDoNoHarm) {
  start({.limits = {.header_bytes_max = 512, .body_bytes_max = 256}});
  const uint64_t seed = first_seed();
  SCOPED_TRACE("WEFT_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<std::string> parts;
  for (const Exchange& exchange : kExchanges) parts.push_back(exchange.sent);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (uint64_t n = random() % 4 + 1; n > 0; --n) {
      bytes += parts[random() % parts.size()].substr(0, random() % 4 == 0 ? random() % 60 : 4096);
    }
    for (uint64_t n = random() % 6; n > 0 && !bytes.empty(); --n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    TestClient client(port());
    client.send(bytes);
    client.end_sending();
    const std::string answers = client.rest();
    EXPECT_THAT(answers, testing::AnyOf("", StartsWith("HTTP/1.1 ")));
  }
  TestClient client(port());
  EXPECT_EQ(client.ask(get_request("/alive")).body, "GET /alive");
}

TEST(HttpTextTest, TargetsAndQueries) {
  HttpRequest request;
  request.target = "http://host:1/v1/a%20b?x=1+2&y=%41&x=3#f";
  EXPECT_EQ(request.path(), "/v1/a%20b");
  EXPECT_EQ(query_value(request.query(), "x"), "3");
  EXPECT_EQ(query_value(request.query(), "y"), "A");
  EXPECT_EQ(query_value(request.query(), "z"), "");
  EXPECT_EQ(percent_decoded("a%2fb%zz%4", false), "a/b%zz%4");
  EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace weft
