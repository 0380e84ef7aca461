/// Values out of YAML: configs, inputs and expectations.
#pragma once

#include "weft/value.h"

namespace YAML {
class Node;
}

namespace weft {

/// A value as YAML spells it: null, true, 3, 2.5, .nan, "text", lists. A list of values of several
/// types is widened to one, or is a ValueList. Throws Error(kBadData) with `where` and the line.
Value value_from_yaml(const YAML::Node& node, const std::string& file);
/// The values of a map.
Values values_from_yaml(const YAML::Node& node, const std::string& file);
/// The value as `type`: numbers widen, texts become times and durations, maps become structs.
Value value_as(const Value& value, Type type);

}  // namespace weft
