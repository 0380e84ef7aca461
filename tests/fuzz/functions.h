/// The row functions that random graphs are made of: compiled ones of many types, and all built-in
/// ones.
#pragma once

#include "weft/weft.h"

namespace weft::fuzz {

struct PoolFunction {
  std::string text;  ///< "concat(string, string)"
  std::string name;
  std::vector<Type> parameters;
  std::vector<bool> nullable;
  Type result = nullptr;
  KernelPtr kernel = nullptr;
  bool may_throw = false;  ///< it did, for some of a number of random rows
};

/// Compiled row functions, some of which throw for some rows.
const std::vector<PoolFunction>& compiled_functions();
/// Every built-in row function of row types.
const std::vector<PoolFunction>& builtin_functions();

/// What a fitted object is, for functions that take one.
struct Model {
  double weight = 0;
  double bias = 0;
};
KernelPtr predict_kernel();

}  // namespace weft::fuzz
