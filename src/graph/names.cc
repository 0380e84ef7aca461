// The names of the graph's enumerators, as errors, JSON and `weft show` spell them.
#include "weft/graph.h"

namespace weft {

std::string_view shape_name(Shape shape) {
  switch (shape) {
    case Shape::kRow:
      return "row";
    case Shape::kColumn:
      return "column";
    case Shape::kScalar:
      return "scalar";
    case Shape::kSeries:
      return "series";
    case Shape::kObject:
      return "object";
    case Shape::kParallel:
      return "parallel";
    case Shape::kCollect:
      return "collect";
  }
  return "";
}

std::string_view importance_name(Importance importance) {
  switch (importance) {
    case Importance::kWarn:
      return "warn";
    case Importance::kFail:
      return "fail";
    case Importance::kQuarantine:
      return "quarantine";
  }
  return "";
}

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kFunction:
      return "function";
    case Role::kInput:
      return "input";
    case Role::kConfig:
      return "config";
    case Role::kColumn:
      return "column";
    case Role::kField:
      return "field";
    case Role::kElement:
      return "element";
    case Role::kGather:
      return "gather";
    case Role::kAlias:
      return "alias";
    case Role::kCheck:
      return "check";
    case Role::kAppend:
      return "append";
    case Role::kSave:
      return "save";
    case Role::kLoad:
      return "load";
    case Role::kSelect:
      return "select";
    case Role::kTable:
      return "table";
  }
  return "";
}

bool Definition::is_column_function() const {
  auto symbolic = [](Shape s) { return s == Shape::kColumn || s == Shape::kScalar; };
  if (symbolic(shape)) return true;
  for (const Parameter& p : parameters) {
    if (symbolic(p.shape)) return true;
  }
  return false;
}

}  // namespace weft
