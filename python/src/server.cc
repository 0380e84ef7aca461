// The feature server.
#include "weft/server.h"

#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "calls.h"
#include "times.h"
#include "weft/clock.h"

namespace weft::python {
namespace {

// Lines go to a Python function; what it raises is nobody's to catch, so Python reports it.
std::function<void(std::string_view)> line_function(nb::handle function) {
  if (function.is_none()) return {};
  return [shared = share(nb::borrow(function))](std::string_view line) {
    const Gil gil;
    try {
      shared->get()(line);
    } catch (nb::python_error& e) {
      e.discard_as_unraisable(shared->get());
    }
  };
}

}  // namespace

void bind_server(nb::module_& m) {
  nb::class_<AccessToken>(m, "AccessToken",
                          "Lets somebody in who sends `Authorization: Bearer TOKEN`.")
      .def(
          "__init__",
          [](AccessToken* self, const std::string& name, const std::string& token,
             const std::string& sha256, bool may_write, const std::vector<std::string>& projects) {
            new (self) AccessToken{name, token, sha256, may_write, projects};
          },
          nb::arg("name"), nb::kw_only(), nb::arg("token") = "", nb::arg("sha256") = "",
          nb::arg("may_write") = false, nb::arg("projects") = std::vector<std::string>(),
          "The token itself or its SHA-256 in hexadecimal digits. `projects` empty: any.");
  nb::class_<FeatureServer>(m, "FeatureServer",
                            "A feature store over HTTP, in Feast's protocol and in Weft's own.")
      .def(
          "__init__",
          [](FeatureServer* self, std::shared_ptr<FeatureStore> store, const std::string& host,
             int port, int threads, const std::string& project, const std::string& tls_certificate,
             const std::string& tls_key, const std::vector<AccessToken>& tokens,
             const std::string& token_file, const nb::object& access_log, const nb::object& log,
             const nb::object& refresh_interval, const ManualClock* clock) {
            ServerOptions options;
            options.host = host;
            options.port = port;
            options.threads = threads;
            options.project = project;
            options.tls_certificate = tls_certificate;
            options.tls_key = tls_key;
            options.tokens = tokens;
            options.token_file = token_file;
            options.access_log = line_function(access_log);
            options.log = line_function(log);
            if (!refresh_interval.is_none()) {
              options.refresh_interval = duration_from_python(refresh_interval);
            }
            if (clock) options.clock = clock;
            new (self) FeatureServer(std::move(store), options);
          },
          nb::arg("store"), nb::kw_only(), nb::arg("host") = "127.0.0.1", nb::arg("port") = 6566,
          nb::arg("threads") = 0, nb::arg("project") = "default", nb::arg("tls_certificate") = "",
          nb::arg("tls_key") = "", nb::arg("tokens") = std::vector<AccessToken>(),
          nb::arg("token_file") = "", nb::arg("access_log") = nb::none(),
          nb::arg("log") = nb::none(), nb::arg("refresh_interval") = nb::none(),
          nb::arg("clock") = nb::none(), nb::keep_alive<1, 14>(),
          "`access_log` and `log` are functions that take a line each.")
      .def("start", &FeatureServer::start, nb::call_guard<nb::gil_scoped_release>(),
           "Listens; when it returns, requests are answered.")
      .def_prop_ro("port", &FeatureServer::port)
      .def("reload", &FeatureServer::reload, nb::call_guard<nb::gil_scoped_release>())
      .def(
          "stop",
          [](FeatureServer& server, const nb::object& patience) {
            const Duration wait =
                patience.is_none() ? Duration(10s) : duration_from_python(patience);
            const nb::gil_scoped_release release;
            server.stop(wait);
          },
          nb::arg("patience") = nb::none(), "Answers what is under way, at most for `patience`.")
      .def("wait", &FeatureServer::wait, nb::call_guard<nb::gil_scoped_release>(),
           "Returns when the server was stopped.");
}

}  // namespace weft::python
