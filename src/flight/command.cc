#include "flight/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/nearest_name.h"
#include "data/text_form.h"

namespace weft {
namespace {

using Json = nlohmann::json;

constexpr size_t kBytesMax = 1 << 20;
constexpr size_t kBytesShown = 80;

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kBytesShown) text = text.substr(0, kBytesShown) + "...";
  return text;
}

Json object_of(std::string_view text, const std::vector<std::string>& known) {
  if (text.size() > kBytesMax) fail(fmt::format("the command is larger than {} bytes", kBytesMax));
  Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) {
    fail("the command has to be a JSON object, as {\"service\": \"eta_v1\"}; found " +
         quote(text.substr(0, kBytesShown)));
  }
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(known, name) == known.end()) {
      fail(fmt::format("the command has no field {}{}", quote(name), did_you_mean(name, known)));
    }
  }
  std::erase_if(object.get_ref<Json::object_t&>(),
                [](const auto& field) { return field.second.is_null(); });
  return object;
}

std::string text_of(const Json& object, const char* name, const std::string& otherwise) {
  const auto found = object.find(name);
  if (found == object.end()) return otherwise;
  if (!found->is_string()) fail(fmt::format("{}: expected a text, found {}", name, shown(*found)));
  return found->get<std::string>();
}

bool flag_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return false;
  if (!found->is_boolean()) {
    fail(fmt::format("{}: expected true or false, found {}", name, shown(*found)));
  }
  return found->get<bool>();
}

std::vector<std::string> names_of(const Json& object, const char* name) {
  std::vector<std::string> names;
  const auto found = object.find(name);
  if (found == object.end()) return names;
  const bool are_texts = found->is_array() && std::ranges::all_of(*found, [](const Json& each) {
                           return each.is_string();
                         });
  if (!are_texts) fail(fmt::format("{}: expected a list of names, found {}", name, shown(*found)));
  for (const Json& each : *found) names.push_back(each.get<std::string>());
  return names;
}

AsOf as_of(const std::string& text) {
  if (text == "event") return AsOf::kEvent;
  if (text == "known") return AsOf::kKnown;
  fail("as_of: expected event or known, found " + quote(text));
}

PushTo push_to(const std::string& text) {
  if (text == "both") return PushTo::kBoth;
  if (text == "online") return PushTo::kOnline;
  if (text == "offline") return PushTo::kOffline;
  fail("to: expected online, offline or both, found " + quote(text));
}

}  // namespace

HistoryCommand history_command(std::string_view json) {
  static const std::vector<std::string> known = {
      "service", "features", "time", "at", "full_names", "as_of", "event_times", "reasons"};
  const Json object = object_of(json, known);
  HistoryCommand command;
  command.request.service = text_of(object, "service", "");
  command.request.features = names_of(object, "features");
  command.request.full_names = flag_of(object, "full_names");
  command.options.as_of = as_of(text_of(object, "as_of", "event"));
  command.options.event_times = flag_of(object, "event_times");
  command.options.reasons = flag_of(object, "reasons");
  if (command.request.service.empty() == command.request.features.empty()) {
    fail("the command needs one of \"service\" and \"features\"");
  }
  if (object.contains("at")) {
    if (object.contains("time")) fail("the command has both \"time\" and \"at\": leave one out");
    const std::string text = text_of(object, "at", "");
    command.at = parse_time(text);
    if (!command.at) {
      fail("at: expected a time as 2013-01-01 or 2013-01-01T05:00:00Z, found " + quote(text));
    }
  }
  command.time = text_of(object, "time", command.time);
  return command;
}

PushCommand push_command(std::string_view json) {
  static const std::vector<std::string> known = {"push", "to"};
  const Json object = object_of(json, known);
  PushCommand command;
  command.source = text_of(object, "push", "");
  if (command.source.empty()) fail("the command needs \"push\", the name of a source");
  command.to = push_to(text_of(object, "to", "both"));
  return command;
}

}  // namespace weft
