/// Nodes of a plan as data: what a registry keeps, so that a request is answered without the code.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/driver.h"

namespace weft {

struct PortableNode {
  struct Input {
    std::string parameter;                    ///< what the expression calls it
    Type type = nullptr;                      ///< a row type
    std::string source = {};                  ///< the node or input it comes from; empty: `value`
    std::optional<Value> value = {};          ///< of this type, or null
    std::optional<Value> default_value = {};  ///< of `source`, an input that may be left out
  };
  std::string name;
  std::string fingerprint;
  Type type = nullptr;
  ExprPtr expr = nullptr;  ///< null: it is a call, or code of its own
  std::vector<Input> inputs = {};
};

/// What runs for these outputs where rows come one by one, in topological order: columns and
/// functions, without the inputs. `options.overrides` are given and do not run.
std::vector<PortableNode> portable_nodes(std::shared_ptr<const Graph> graph,
                                         const std::vector<std::string>& outputs,
                                         const PlanOptions& options);

/// A node as one line of JSON, and the definition that is read from it: a column function of its
/// name. Throw Error(kUnsupported) for a node without an expression; Error(kBadData).
std::string to_json(const PortableNode& node);
DefinitionPtr definition_from_json(const std::string& name, const std::string& text);

}  // namespace weft
