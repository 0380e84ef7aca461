// Fits as files: docs/formats/fit.md has the format.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "data/text_form.h"
#include "exec/value_json.h"
#include "weft/driver.h"

namespace weft {
namespace {

using nlohmann::json;

constexpr int kFormatVersion = 1;

[[noreturn]] void damaged(const std::string& path, const std::string& what) {
  throw Error(ErrorCode::kBadData, fmt::format("{} is no usable fit: {}", path, what));
}

const json& member(const std::string& path, const json& object, const char* name,
                   json::value_t type) {
  const auto it = object.find(name);
  if (it == object.end()) damaged(path, fmt::format("it has no \"{}\"", name));
  if (it->type() != type) damaged(path, fmt::format("\"{}\" is {}", name, it->type_name()));
  return *it;
}

Fit::Entry read_entry(const std::string& path, const std::string& name, const json& entry) {
  if (!entry.is_object()) damaged(path, fmt::format("the entry {} is no object", name));
  const auto type_name = member(path, entry, "type", json::value_t::string).get<std::string>();
  const auto fingerprint =
      member(path, entry, "fingerprint", json::value_t::string).get<std::string>();
  const auto value = entry.find("value");
  if (value == entry.end()) damaged(path, fmt::format("the entry {} has no \"value\"", name));
  const Type type = described_type(type_name);
  if (!type) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: {} is of the type {}, which no loaded module describes: load the "
                            "module it was fitted with first",
                            path, name, type_name));
  }
  try {
    return {value_from_json(type, *value), fingerprint};
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("{}: {}: {}", path, name, e.message()));
  }
}

}  // namespace

void Fit::save(const std::string& path, const Clock& clock) const {
  json entries = json::object();
  for (const auto& [name, entry] : entries_) {
    try {
      if (!entry.value.type()) {
        throw Error(ErrorCode::kUnsupported, "a null of unknown type has no text form");
      }
      entries[name] = {{"type", entry.value.type()->name},
                       {"value", value_to_json(entry.value)},
                       {"fingerprint", entry.fingerprint}};
    } catch (const Error& e) {
      throw Error(e.code(), fmt::format("fit {}: {}: {}", quote(name_), name, e.message()));
    }
  }
  const json file = {{"format", "weft-fit"},
                     {"version", kFormatVersion},
                     {"weft", WEFT_VERSION},
                     {"name", name_},
                     {"created", format_time(created_.value_or(clock.now()))},
                     {"entries", std::move(entries)}};
  write_file(path, file.dump(2) + "\n");
}

Fit Fit::load(const std::string& path) {
  json file;
  try {
    file = json::parse(read_file(path));
  } catch (const json::exception& e) {
    damaged(path, e.what());
  }
  if (!file.is_object() || file.value("format", json()) != "weft-fit") {
    damaged(path, "it does not say \"format\": \"weft-fit\"");
  }
  const auto version = file.value("version", json());
  if (version != kFormatVersion) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} is a fit of format version {}; this is Weft {}, which reads {}",
                            path, version.dump(), WEFT_VERSION, kFormatVersion));
  }
  const auto created =
      parse_time(member(path, file, "created", json::value_t::string).get<std::string>());
  if (!created) damaged(path, "\"created\" is no time");
  Fit fit;
  fit.name_ = member(path, file, "name", json::value_t::string).get<std::string>();
  fit.created_ = created;
  for (const auto& [name, entry] : member(path, file, "entries", json::value_t::object).items()) {
    fit.entries_.emplace(name, read_entry(path, name, entry));
  }
  return fit;
}

}  // namespace weft
