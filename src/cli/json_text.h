/// Values as JSON, for --json.
#pragma once

#include <string>

#include "weft/table.h"

namespace weft::cli {

/// Numbers, texts and lists as JSON has them; times, durations, NaN and infinities are texts;
/// structs and maps are objects; a column is a list, a table an object of lists; any other object
/// is the text Value::to_string() gives.
void append_json(const Value& value, std::string& out);
/// The text as a JSON string; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

}  // namespace weft::cli
