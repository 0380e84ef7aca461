/// Random graphs: inputs with rows, and functions of every shape over them.
#pragma once

#include "functions.h"
#include "random_values.h"

namespace weft::fuzz {

enum class Where : uint8_t { kScalar, kColumn, kObject };

/// An input or a function of a random graph.
struct FuzzNode {
  std::string name;
  std::string text;  ///< how a failure shows it: "n3 = plus(c0, n1)"
  Type type = nullptr;
  Where where = Where::kScalar;
  std::vector<size_t> inputs = {};
  bool is_input = false;
  bool needs_all_rows = false;  ///< an aggregate, an operator over all rows, a function of a Series
  bool has_running_value = false;  ///< in a stream: it is made of aggregates alone
  size_t weight = 8;               ///< about how many bytes a value has, at most
};

struct FuzzGraph {
  uint64_t seed = 0;
  int64_t rows = 0;
  bool from_table = false;  ///< columns of inputs come out of a table
  std::vector<FuzzNode> nodes;
  std::map<std::string, ColumnData> columns;  ///< [rows] of inputs
  Values scalars;
  Values config;
  Module module;
  std::vector<std::string> outputs;

  const FuzzNode& node(std::string_view name) const;
  /// The node and all that it is computed from, as indices in ascending order.
  std::vector<size_t> ancestors(const std::vector<std::string>& names) const;
  /// What a person needs to see a failure: the nodes and the first rows of their inputs.
  std::string to_string(const std::vector<std::string>& outputs, int64_t from, int64_t size) const;
};

struct GraphSize {
  size_t nodes_max = 24;
  int64_t rows = -1;  ///< -1: random, up to some thousand
};

FuzzGraph random_graph(uint64_t seed, const GraphSize& size = {});

}  // namespace weft::fuzz
