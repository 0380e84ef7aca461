#include "graphs.h"

#include <cmath>
#include <stdexcept>

namespace graphs {
namespace {

using namespace weft;

template <int Add>
double half(double a) {
  return a * 0.5 + Add;
}
double mixed(double a, double b) { return a * 0.25 + b * 0.5; }
double total(std::span<const double> parts) {
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum;
}

std::string name_of(size_t i) { return "n" + std::to_string(i); }

DefinitionPtr half_of(size_t i, const std::string& input) {
  using Make = DefinitionPtr (*)(std::string, std::vector<std::string>);
  static constexpr Make kMake[] = {&modifiers::function<&half<0>>, &modifiers::function<&half<1>>,
                                   &modifiers::function<&half<2>>, &modifiers::function<&half<3>>,
                                   &modifiers::function<&half<4>>, &modifiers::function<&half<5>>,
                                   &modifiers::function<&half<6>>};
  return kMake[i % 7](name_of(i), {input});
}

DefinitionPtr total_of(size_t i) {
  auto definition =
      std::make_shared<Definition>(*modifiers::function<&total>(name_of(i), {"parts"}));
  Dependency parts{.kind = Dependency::Kind::kGroup};
  for (size_t k = 1; k < i; ++k) parts.group.emplace_back("", modifiers::source(name_of(k)));
  definition->modifiers.push_back(modifiers::inject({{"parts", std::move(parts)}}));
  return definition;
}

// As a module that was loaded has them: each with a function of its own (equal calls of one
// function would be computed once), with its text and its place.
DefinitionPtr as_loaded(const DefinitionPtr& definition, int line) {
  auto whole = std::make_shared<Definition>(*definition);
  auto kernel = std::make_shared<Kernel>(*definition->kernel);
  kernel->context = kernel.get();  // which compiled functions do not read
  whole->kernel = std::move(kernel);
  whole->module = "graph";
  whole->where = {"graph.cc", line};
  whole->source_text = "double " + whole->name + "(";
  for (const auto& parameter : whole->parameters) whole->source_text += "double " + parameter.name;
  whole->source_text += ") { return " + whole->name + "_of_its_own(); }";
  return whole;
}

size_t width_of(size_t size) { return static_cast<size_t>(std::sqrt(static_cast<double>(size))); }

DefinitionPtr definition_of(const std::string& shape, size_t size, size_t i) {
  const size_t width = width_of(size);
  if (shape == "wide" || i == 0 || (shape == "layered" && i < width)) return half_of(i, "x");
  if (shape == "chain") return half_of(i, name_of(i - 1));
  if (shape == "layered") {
    const size_t before = (i / width - 1) * width;
    return modifiers::function<&mixed>(
        name_of(i), {name_of(before + i % width), name_of(before + (i % width + 1) % width)});
  }
  if (shape != "fan") throw std::invalid_argument("no graph is called " + shape);
  return i + 1 < size ? half_of(i, "n0") : total_of(i);
}

}  // namespace

Module module_of(const std::string& shape, size_t size) {
  Module module{.name = "graph", .definitions = {}};
  for (size_t i = 0; i < size; ++i) {
    module.definitions.push_back(as_loaded(definition_of(shape, size, i), static_cast<int>(i) + 1));
  }
  return module;
}

std::vector<std::string> outputs_of(const std::string& shape, size_t size) {
  size_t first = size - 1;
  if (shape == "wide") first = 0;
  if (shape == "layered") first = size - width_of(size);
  std::vector<std::string> names;
  for (size_t i = first; i < size; ++i) names.push_back(name_of(i));
  return names;
}

}  // namespace graphs
