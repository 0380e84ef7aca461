#include "ops/row_function.h"

#include <fmt/format.h>

#include <optional>

#include "base/nearest_name.h"
#include "ops/row_function_table.h"

namespace weft {
namespace {

const RowFunctionTable& table() {
  static const auto* table = [] {
    auto* t = new RowFunctionTable;  // NOLINT: outlives every kernel that points into it
    register_arithmetic(*t);
    register_comparisons(*t);
    register_logic(*t);
    register_choice(*t);
    register_casts(*t);
    register_lists(*t);
    register_math(*t);
    register_text(*t);
    register_calendar(*t);
    register_python(*t);
    register_pandas(*t);
    return t;
  }();
  return *table;
}

std::string parameters_text(const Kernel& kernel) {
  std::string text;
  for (size_t i = 0; i < kernel.parameters.size(); ++i) {
    if (i > 0) text += ", ";
    text += kernel.parameters[i]->name + (kernel.parameter_nullable[i] ? "?" : "");
  }
  return text;
}

// What it costs to hand `from` to a parameter `to`; nothing if that is not possible. Widening an
// integer to float costs more than to double, which holds every int32.
std::optional<int> conversion_cost(Type from, Type to, const Value& literal) {
  if (from == to) return 0;
  if (literal.has_value()) {
    try {
      const Value converted = literal.as(to);
      const bool same_kind = (from->kind >= Kind::kFloat) == (to->kind >= Kind::kFloat);
      return same_kind ? 1 : 2;
    } catch (const Error&) {
      return {};
    }
  }
  if (!widens(from, to)) return {};
  const bool rounds = from->kind <= Kind::kInt64 && to->kind == Kind::kFloat;
  return rounds ? 100 : 10 * (static_cast<int>(to->kind) - static_cast<int>(from->kind));
}

std::optional<int> call_cost(const Kernel& kernel, std::span<const Type> arguments,
                             std::span<const Value> literals) {
  int total = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto cost = conversion_cost(arguments[i], kernel.parameters[i], literals[i]);
    if (!cost) return {};
    total += *cost;
  }
  return total;
}

[[noreturn]] void throw_unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [known, entry] : table().entries()) names.push_back(known);
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("there is no function '{}'{}", name, did_you_mean(name, names)));
}

[[noreturn]] void throw_no_match(std::string_view name, const RowFunctionTable::Entry& entry,
                                 std::span<const Type> arguments) {
  bool arity_fits = false;
  std::string takes;
  constexpr size_t kShownMax = 8;
  for (size_t i = 0; i < entry.kernels.size(); ++i) {
    arity_fits |= entry.kernels[i]->parameters.size() == arguments.size();
    if (i < kShownMax)
      takes += fmt::format("{}({})", i ? ", " : "", parameters_text(*entry.kernels[i]));
  }
  if (entry.kernels.size() > kShownMax) takes += ", ...";
  std::string given;
  for (const Type type : arguments) given += (given.empty() ? "" : ", ") + type->name;
  throw Error(arity_fits ? ErrorCode::kTypeMismatch : ErrorCode::kInvalidArgument,
              fmt::format("{} takes {}, not ({})", name, takes, given));
}

}  // namespace

void RowFunctionTable::add(std::string_view summary, KernelPtr kernel) {
  auto& entry = entries_[kernel->name];
  if (entry.summary.empty()) entry.summary = summary;
  for (const auto& other : entry.kernels) WEFT_CHECK(other->parameters != kernel->parameters);
  entry.kernels.push_back(std::move(kernel));
}

const RowFunctionTable::Entry* RowFunctionTable::find(std::string_view name) const {
  const auto it = entries_.find(name);
  return it == entries_.end() ? nullptr : &it->second;
}

KernelPtr find_row_function(std::string_view name, std::span<const Type> parameters) {
  const auto* entry = table().find(name);
  if (!entry) return nullptr;
  for (const auto& kernel : entry->kernels) {
    if (std::ranges::equal(kernel->parameters, parameters)) return kernel;
  }
  return nullptr;
}

KernelPtr resolve_row_function(std::string_view name, std::span<const Type> arguments,
                               std::span<const Value> literals) {
  const auto* entry = table().find(name);
  if (!entry) throw_unknown(name);
  KernelPtr best;
  int best_cost = 0;
  for (const auto& kernel : entry->kernels) {
    if (kernel->parameters.size() != arguments.size()) continue;
    const auto cost = call_cost(*kernel, arguments, literals);
    if (!cost || (best && *cost >= best_cost)) continue;
    best = kernel;
    best_cost = *cost;
  }
  if (!best) throw_no_match(name, *entry, arguments);
  return best;
}

std::vector<RowFunctionInfo> row_function_catalog() {
  std::vector<RowFunctionInfo> catalog;
  for (const auto& [name, entry] : table().entries()) {
    for (const auto& kernel : entry.kernels) {
      catalog.push_back({name, parameters_text(*kernel),
                         kernel->result->name + (kernel->result_nullable ? "?" : ""),
                         entry.summary});
    }
  }
  return catalog;
}

}  // namespace weft
