/// libweft_flight, which the command loads only when it is asked to: gRPC takes long to start.
#pragma once

#include <memory>

#include "flight/loaded.h"

namespace weft::cli {

/// Loads the library that lies beside libweft and starts its server. Throws Error(kNotFound) if it
/// is not there, Error(kUnsupported) if it cannot be loaded or is of another version, and what
/// FlightServer::start() throws.
std::unique_ptr<LoadedFlight> start_flight(const std::shared_ptr<FeatureStore>& store,
                                           const FlightOptions& options);

}  // namespace weft::cli
