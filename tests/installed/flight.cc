// Serves an empty store over Arrow Flight, with the installed libweft_flight.
#include <weft/flight_server.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: hello_flight <folder>\n");
    return 2;
  }
  const auto store = std::make_shared<weft::FeatureStore>(weft::Driver({}),
                                                          weft::StoreOptions{.directory = argv[1]});
  weft::FlightServer server(store, {.port = 0});
  server.start();
  const bool listens = server.port() > 0;
  server.stop();
  return listens ? 0 : 1;
}
