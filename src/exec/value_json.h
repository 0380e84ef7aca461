/// Values as JSON and back, bit for bit.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "weft/value.h"

namespace weft {

/// A null is null. Doubles keep their shortest digits; those JSON has no word for are the texts
/// "nan", "inf" and "-inf" (a NaN loses its payload). Times and durations are texts, or
/// microseconds where the text form does not reach; a text that is not UTF-8 is {"hex": "..."}.
/// Objects go through their format (object_format.h). Throws Error(kUnsupported) naming the type
/// that has none.
nlohmann::json value_to_json(const Value& value);

/// Throws Error(kBadData) saying what was expected and found, Error(kUnsupported).
Value value_from_json(Type type, const nlohmann::json& json);

/// Can value_to_json() write values of this type?
bool has_json_form(Type type);

}  // namespace weft
