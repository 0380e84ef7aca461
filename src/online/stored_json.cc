#include "online/stored_json.h"

#include <nlohmann/json.hpp>
#include <set>

#include "online/online_key.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

Type type_named(const std::string& name) {
  const Type type = type_by_name(name);
  if (!type) {
    throw Error(ErrorCode::kUnsupported,
                "the online store keeps a feature of the type '" + name +
                    "', which this Weft does not know; a newer one wrote it");
  }
  return type;
}

Json columns_to_json(const std::vector<OnlineColumn>& columns) {
  Json list = Json::array();
  for (const OnlineColumn& column : columns) {
    list.push_back(
        {{"name", column.name}, {"type", column.type->name}, {"fingerprint", column.fingerprint}});
  }
  return list;
}

std::vector<OnlineColumn> columns_from_json(const Json& list) {
  std::vector<OnlineColumn> columns;
  for (const Json& each : list) {
    columns.push_back({each.at("name").get<std::string>(),
                       type_named(each.at("type").get<std::string>()),
                       each.at("fingerprint").get<std::string>()});
  }
  return columns;
}

std::string dumped(const Json& record) {
  try {
    return record.dump();
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorCode::kInvalidArgument,
                "a name or fingerprint for the online store is no UTF-8");
  }
}

// What parse() says of `json` as Error(kBadData).
template <class F>
auto parsed(std::string_view json, F&& parse) {
  try {
    return parse(Json::parse(json));
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kBadData,
                std::string("a record of the online store is damaged: ") + error.what());
  }
}

}  // namespace

void check_view(const OnlineView& view) {
  try {
    if (view.name.empty()) throw Error(ErrorCode::kInvalidArgument, "it has no name");
    check_key_schema(view.keys);
    std::set<std::string_view> names;
    for (const OnlineColumn& feature : view.features) {
      check_kept_type(feature.name, feature.type);
      if (!names.insert(feature.name).second) {
        throw Error(ErrorCode::kInvalidArgument, "the feature '" + feature.name + "' comes twice");
      }
    }
  } catch (const Error& error) {
    throw Error(error.code(), "view '" + view.name + "' cannot be kept online: " + error.message());
  }
}

std::string view_to_json(const OnlineView& view) {
  Json keys = Json::array();
  for (const ColumnSchema& key : view.keys) {
    keys.push_back({{"name", key.name}, {"type", key.type->name}});
  }
  return dumped(
      {{"name", view.name}, {"keys", keys}, {"features", columns_to_json(view.features)}});
}

std::string schema_to_json(OnlineViewId view, const std::vector<OnlineColumn>& columns) {
  return dumped({{"view", view}, {"columns", columns_to_json(columns)}});
}

OnlineView view_from_json(std::string_view json) {
  return parsed(json, [](const Json& record) {
    OnlineView view{record.at("name").get<std::string>(), {}, {}};
    for (const Json& key : record.at("keys")) {
      view.keys.push_back(
          {key.at("name").get<std::string>(), type_named(key.at("type").get<std::string>())});
    }
    view.features = columns_from_json(record.at("features"));
    return view;
  });
}

StoredSchema schema_from_json(std::string_view json) {
  return parsed(json, [](const Json& record) {
    return StoredSchema{record.at("view").get<OnlineViewId>(),
                        columns_from_json(record.at("columns"))};
  });
}

}  // namespace weft
