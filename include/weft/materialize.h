/// Materializers: savers and loaders that are named when a driver is called, not in a module.
#pragma once

#include "weft/definition.h"

namespace weft {

/// Made by to() and from(); for Driver::with() and Driver::materialize().
struct Materializer {
  enum class Kind : uint8_t { kTo, kFrom };
  Kind kind = Kind::kTo;
  std::string format;                   ///< name of the saver or loader
  std::string name;                     ///< of the saver's node; or the node that is loaded
  std::vector<std::string> nodes = {};  ///< that are saved
  Dependencies options = {};
  /// Makes what is saved out of the nodes' values, in their order. Default: a single node as it is,
  /// of several a table: their columns, and single values in every row.
  Call combine = {};
  SourceLocation where = {};
};

namespace modifiers {

/// Saves nodes with a saver; the node `name` is what it says it wrote.
///   to("parquet", "saved", {"age", "age_normalized"}, {{"path", value("ages.parquet")}})
inline Materializer to(std::string saver, std::string name, std::vector<std::string> nodes,
                       Dependencies options, Call combine = {}) {
  return {Materializer::Kind::kTo, std::move(saver),   std::move(name),
          std::move(nodes),        std::move(options), std::move(combine)};
}
/// A loader makes the value of a node: of an input, or in place of the function that made it.
///   from("csv", "survey", {{"path", value("survey.csv")}})
inline Materializer from(std::string loader, std::string node, Dependencies options) {
  return {Materializer::Kind::kFrom, std::move(loader), std::move(node), {}, std::move(options)};
}

}  // namespace modifiers
}  // namespace weft
