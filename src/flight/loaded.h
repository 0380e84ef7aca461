/// How the command uses libweft_flight, which it loads when it is asked to and does not link.
#pragma once

#include "weft/flight_server.h"

namespace weft {

/// A server that was started. Its end stops it without patience.
class LoadedFlight {
 public:
  virtual ~LoadedFlight() = default;
  virtual int port() const = 0;
  virtual void reload() = 0;
  virtual void stop(Duration patience) = 0;
};

/// The functions that the library has under these names. The version is WEFT_VERSION as it was
/// built; with another one nothing else may be called. The caller owns what is returned.
constexpr char kFlightVersion[] = "weft_flight_version";
constexpr char kStartFlight[] = "weft_flight_start";
using FlightVersion = const char* (*)();
using StartFlight = LoadedFlight* (*)(const std::shared_ptr<FeatureStore>&, const FlightOptions&);

}  // namespace weft
