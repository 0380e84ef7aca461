// weft serve: the feature store over HTTP, and training sets over Arrow Flight.
#include <fmt/format.h>
#include <pthread.h>

#include <array>
#include <csignal>
#include <fstream>
#include <mutex>
#include <thread>

#include "cli/flight_library.h"
#include "cli/store_project.h"
#include "cli/verbs.h"
#include "weft/server.h"

namespace weft::cli {
namespace {

// Lines at the end of a file, which may be moved away meanwhile; "-" is stdout.
class LogFile {
 public:
  LogFile(std::string path, const Console& console) : path_(std::move(path)), console_(console) {
    open_again();
  }
  void open_again() {
    const std::lock_guard lock(mutex_);
    if (path_ == "-") return;
    file_.close();
    file_.clear();
    file_.open(path_, std::ios::app);
    if (!file_) throw Error(ErrorCode::kIo, "cannot write the log " + path_);
  }
  void write(std::string_view line) {
    const std::lock_guard lock(mutex_);
    std::ostream& out = path_ == "-" ? console_.out : file_;
    out << line << '\n' << std::flush;
  }

 private:
  const std::string path_;
  const Console& console_;
  std::mutex mutex_;
  std::ofstream file_;
};

// From here on these signals wait for sigwait(), in all threads that are made meanwhile. Threads
// that modules made before hand on what they get.
class HeldSignals {
 public:
  HeldSignals() {
    ::sigemptyset(&held_);
    for (const int signal : kSignals) ::sigaddset(&held_, signal);
    ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
    waiting_ = ::pthread_self();
    struct sigaction hand_on = {};
    hand_on.sa_handler = [](int signal) { ::pthread_kill(waiting_, signal); };
    hand_on.sa_flags = SA_RESTART;
    for (size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], &hand_on, &actions_before_[i]);
    }
  }
  ~HeldSignals() {
    for (size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], &actions_before_[i], nullptr);
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  int wait() const {
    int signal = 0;
    ::sigwait(&held_, &signal);
    return signal;
  }

 private:
  static constexpr std::array kSignals = {SIGTERM, SIGINT, SIGHUP};
  static inline pthread_t waiting_;
  sigset_t held_;
  sigset_t before_;
  std::array<struct sigaction, kSignals.size()> actions_before_;
};

int64_t at_least_one(const Arguments& arguments, std::string_view flag, int64_t otherwise) {
  const int64_t value = arguments.number(flag).value_or(otherwise);
  if (value >= 1) return value;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--{}: expected a number from 1, found {}", flag, value));
}

int port_of(const Arguments& arguments, std::string_view flag, int otherwise) {
  const int64_t port = arguments.number(flag).value_or(otherwise);
  if (port >= 0 && port <= 65535) return static_cast<int>(port);
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--{}: expected a number from 0 to 65535, found {}", flag, port));
}

ServerOptions server_options(const Arguments& arguments, const Project& project) {
  ServerOptions options;
  options.project = project.name;
  options.host = arguments.text("host").value_or(options.host);
  options.port = port_of(arguments, "port", options.port);
  if (arguments.has("threads")) {
    options.threads = static_cast<int>(at_least_one(arguments, "threads", 1));
  }
  options.tls_certificate = arguments.text("tls-cert").value_or("");
  options.tls_key = arguments.text("tls-key").value_or("");
  options.token_file = arguments.text("token-file").value_or("");
  options.connections_max = at_least_one(arguments, "max-connections", options.connections_max);
  options.requests_max = at_least_one(arguments, "max-requests", options.requests_max);
  options.write_queue_max = at_least_one(arguments, "max-queue", options.write_queue_max);
  options.body_bytes_max = arguments.bytes("max-body").value_or(options.body_bytes_max);
  return options;
}

// Null unless it is asked for. Who may come in, and how, is as it is over HTTP.
std::unique_ptr<LoadedFlight> flight_server(const Arguments& arguments, const ServerOptions& http,
                                            const std::shared_ptr<FeatureStore>& store) {
  FlightOptions options;
  if (!arguments.has("flight-port")) {
    if (!arguments.has("flight-max-spine")) return nullptr;
    throw Error(ErrorCode::kInvalidArgument, "--flight-max-spine is for --flight-port N");
  }
  options.host = http.host;
  options.port = port_of(arguments, "flight-port", options.port);
  options.project = http.project;
  options.tls_certificate = http.tls_certificate;
  options.tls_key = http.tls_key;
  options.tokens = http.tokens;
  options.token_file = http.token_file;
  options.spine_bytes_max = arguments.bytes("flight-max-spine").value_or(options.spine_bytes_max);
  return start_flight(store, options);
}

int run(const Arguments& arguments, const Console& console) {
  const Project project = open_project(arguments, console, false);
  ServerOptions options = server_options(arguments, project);
  std::optional<LogFile> access_log;
  if (const auto path = arguments.text("log")) {
    access_log.emplace(*path, console);
    options.access_log = [&](std::string_view line) { access_log->write(line); };
  }
  std::mutex mutex;
  options.log = [&](std::string_view message) {
    const std::lock_guard lock(mutex);
    console.note(message);
  };
  const std::string scheme = options.tls_certificate.empty() ? "http" : "https";
  const std::string host = options.host;
  const Duration patience = std::chrono::seconds(arguments.number("grace").value_or(10));

  const HeldSignals signals;
  const auto store = std::make_shared<FeatureStore>(open_store(project));
  const auto flight = flight_server(arguments, options, store);
  FeatureServer server(store, std::move(options));
  server.start();
  if (flight) {
    console.out << fmt::format("training sets at grpc{}://{}:{}\n", scheme == "https" ? "+tls" : "",
                               host, flight->port());
  }
  console.out << fmt::format("serving {} (version {}) at {}://{}:{}", project.name,
                             store->version(), scheme, host, server.port())
              << std::endl;
  while (signals.wait() == SIGHUP) {
    try {
      if (access_log) access_log->open_again();
      server.reload();
      if (flight) flight->reload();
      const std::lock_guard lock(mutex);
      console.note(fmt::format("read again; serving version {}", store->version()));
    } catch (const Error& error) {
      const std::lock_guard lock(mutex);
      console.warn(fmt::format("what was read before still stands: {}", error.what()));
    }
  }
  std::jthread flight_end([&] {
    if (flight) flight->stop(patience);
  });
  server.stop(patience);
  return 0;
}

}  // namespace

Verb serve_verb() {
  Verb verb;
  verb.name = "serve";
  verb.summary = "answer requests for features over HTTP and Arrow Flight";
  verb.description =
      "Answers in Feast's feature-server protocol and in our own, which see "
      "docs/reference/http.md. "
      "Prints a line when it is ready. Definitions that somebody applies are served from then on. "
      "SIGHUP reads definitions, tokens and certificates again and opens the log anew; SIGTERM and "
      "SIGINT let the requests under way end.";
  verb.flags =
      std::vector<Flag>{
          {.name = "host", .value = "ADDRESS", .help = "where to listen; else 127.0.0.1"},
          {.name = "port", .value = "N", .help = "else 6566; 0: any that is free"},
          {.name = "flight-port",
           .value = "N",
           .help =
               "also training sets over Arrow Flight, see docs/reference/flight.md; 0: any port "
               "that is free"},
          {.name = "flight-max-spine", .value = "BYTES", .help = "of a training set; else 8GiB"},
          {.name = "threads", .value = "N", .help = "that answer; else as many as the machine has"},
          {.name = "tls-cert",
           .value = "FILE",
           .help = "certificate and those it is signed with, PEM",
           .hint = Hint::kFile},
          {.name = "tls-key", .value = "FILE", .help = "its key, PEM", .hint = Hint::kFile},
          {.name = "token-file",
           .value = "FILE",
           .help = "access tokens, YAML; without it everybody may do everything",
           .hint = Hint::kFile},
          {.name = "log",
           .value = "FILE",
           .help = "a line of JSON for each request; - is stdout",
           .hint = Hint::kFile},
          {.name = "max-connections", .value = "N", .help = "open at a time; else 10000"},
          {.name = "max-requests", .value = "N", .help = "under way at a time; else 1000"},
          {.name = "max-queue", .value = "N", .help = "writes that wait; else 256"},
          {.name = "max-body", .value = "BYTES", .help = "of a request; else 16MiB"},
          {.name = "grace",
           .value = "SECONDS",
           .help = "how long requests under way may take to end; else 10"}} +
      project_flags();
  verb.examples = {{"weft serve", "at http://127.0.0.1:6566"},
                   {"weft serve --host 0.0.0.0 --token-file tokens.yaml --log access.jsonl", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
