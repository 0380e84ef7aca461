#include "flight/loaded.h"

namespace weft {
namespace {

class Started final : public LoadedFlight {
 public:
  Started(const std::shared_ptr<FeatureStore>& store, const FlightOptions& options)
      : server_(store, options) {
    server_.start();
  }
  int port() const override { return server_.port(); }
  void reload() override { server_.reload(); }
  void stop(Duration patience) override { server_.stop(patience); }

 private:
  FlightServer server_;
};

}  // namespace
}  // namespace weft

extern "C" {

const char* weft_flight_version() { return WEFT_VERSION; }

weft::LoadedFlight* weft_flight_start(const std::shared_ptr<weft::FeatureStore>& store,
                                      const weft::FlightOptions& options) {
  return new weft::Started(store, options);
}
}
