/// How the families of built-in row functions register themselves.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ops/row_function.h"

namespace weft {

class RowFunctionTable {
 public:
  struct Entry {
    std::string summary;
    std::vector<KernelPtr> kernels;  ///< one for each list of parameters
  };

  /// The summary given first stays. Two kernels of one name differ in their parameters.
  void add(std::string_view summary, KernelPtr kernel);
  template <auto F>
  void add(std::string_view name, std::string_view summary) {
    add(summary, kernel_of<F>(name));
  }

  const Entry* find(std::string_view name) const;
  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }

 private:
  std::map<std::string, Entry, std::less<>> entries_;
};

void register_arithmetic(RowFunctionTable& table);
void register_comparisons(RowFunctionTable& table);
void register_logic(RowFunctionTable& table);
void register_choice(RowFunctionTable& table);
void register_casts(RowFunctionTable& table);
void register_lists(RowFunctionTable& table);
void register_math(RowFunctionTable& table);
void register_text(RowFunctionTable& table);
void register_calendar(RowFunctionTable& table);
void register_python(RowFunctionTable& table);
void register_python_text(RowFunctionTable& table);
void register_pandas(RowFunctionTable& table);

}  // namespace weft
