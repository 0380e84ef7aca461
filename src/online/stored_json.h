/// Views and schemas as the stores keep them: JSON of one line.
#pragma once

#include <string>
#include <string_view>

#include "online/online_store.h"
#include "online/row_codec.h"

namespace weft {

/// Rows and records of a higher one are refused.
inline constexpr int kOnlineFormat = 1;

/// Throws Error(kUnsupported, kInvalidArgument): keys and features that cannot be kept.
void check_view(const OnlineView& view);

std::string view_to_json(const OnlineView& view);
std::string schema_to_json(OnlineViewId view, const std::vector<OnlineColumn>& columns);

/// Throw Error(kBadData), and Error(kUnsupported) for a type that this Weft does not know.
OnlineView view_from_json(std::string_view json);
struct StoredSchema {
  OnlineViewId view = 0;
  std::vector<OnlineColumn> columns;
};
StoredSchema schema_from_json(std::string_view json);

}  // namespace weft
