/// What a client asks for, as JSON in a descriptor or a ticket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/store.h"

namespace weft {

/// {"service": "eta_v1", "time": "at"}; see docs/reference/flight.md.
struct HistoryCommand {
  FeatureRequest request;
  std::string time = "event_timestamp";  ///< the spine's column; unless there is `at`
  std::optional<Time> at = {};
  PointInTimeOptions options = {};
};

/// {"push": "positions", "to": "both"}
struct PushCommand {
  std::string source;
  PushTo to = PushTo::kBoth;
};

/// Both throw Error(kInvalidArgument) for what is no such JSON, naming the field.
HistoryCommand history_command(std::string_view json);
PushCommand push_command(std::string_view json);

}  // namespace weft
