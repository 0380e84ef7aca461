// One result taken apart: extract_columns, extract_fields, unpack.
#include <algorithm>

#include "base/nearest_name.h"
#include "graph/draft.h"
#include "weft/container.h"

namespace weft {
namespace {

// A node of a part of `whole`, named as the user says.
Draft part_of(const Work& work, const Draft& whole, Role role, const NamedOutput& output,
              const char* made_by) {
  Draft d = work.draft(output.name, role, made_by);
  d.node.type = output.type;
  d.node.shape = whole.node.shape;
  d.node.doc = output.doc;
  d.final = whole.final;
  d.add_edge({.parameter = whole.node.name, .type = whole.node.type, .shape = whole.node.shape},
             whole.node.name);
  return d;
}

bool valid_names(const Work& work, const std::vector<NamedOutput>& outputs, const char* modifier) {
  bool valid = true;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].name.empty()) {
      work.problem("{} of '{}': number {} has no name", modifier, work.definition->name, i + 1);
      valid = false;
    }
  }
  return valid;
}

// The declared type of a field, checked against the one it has.
void check_field_type(const Work& work, const NamedOutput& output, Type has) {
  if (output.type && has && output.type != has) {
    work.problem(ErrorCode::kTypeMismatch,
                 "extract_fields of '{}' declares '{}' as {}, but it is {}", work.definition->name,
                 output.name, output.type->name, has->name);
  }
}

void extract_struct(Work& work, const Draft& whole, std::vector<NamedOutput> outputs) {
  const Type type = whole.node.type;
  std::vector<std::string> names;
  for (const Field& field : type->fields) names.push_back(field.name);
  if (outputs.empty()) {
    for (const std::string& name : names) outputs.push_back({name});
  }
  for (const NamedOutput& output : outputs) {
    const auto found = std::ranges::find(names, output.name);
    if (found == names.end()) {
      work.problem("extract_fields of '{}': {} has no field '{}'{}", work.definition->name,
                   type->name, output.name, did_you_mean(output.name, names));
      continue;
    }
    const Field& field = type->fields[static_cast<size_t>(found - names.begin())];
    check_field_type(work, output, field.type);
    Draft d = part_of(work, whole, Role::kField, output, "extract_fields");
    d.node.field = field.name;
    d.node.type = field.type;
    d.node.nullable = field.nullable || whole.node.nullable;
    work.drafts.push_back(std::move(d));
  }
}

}  // namespace

void extract_columns(Work& work, const ExtractColumns& extract) {
  if (extract.columns.empty()) {
    return work.problem("extract_columns of '{}' names no column", work.definition->name);
  }
  const Draft* whole = work.single_target({}, "extract_columns");
  if (!whole || !valid_names(work, extract.columns, "extract_columns")) return;
  if (whole->node.type && whole->node.type != type_of<Table>()) {
    return work.problem(ErrorCode::kTypeMismatch, "extract_columns needs a Table, but '{}' is {}{}",
                        whole->node.name, whole->node.type->name,
                        whole->node.type->kind == Kind::kStruct ? ": use extract_fields" : "");
  }
  for (const NamedOutput& column : extract.columns) {
    Draft d = part_of(work, *whole, Role::kColumn, column, "extract_columns");
    d.node.field = column.name;
    d.node.shape = Shape::kColumn;
    d.node.edges[0].shape = Shape::kObject;
    work.drafts.push_back(std::move(d));
  }
}

void extract_fields(Work& work, const ExtractFields& extract) {
  const Draft* whole = work.single_target({}, "extract_fields");
  if (!whole || !valid_names(work, extract.fields, "extract_fields")) return;
  const Type type = whole->node.type;
  if (type && type->kind == Kind::kStruct) return extract_struct(work, *whole, extract.fields);
  const bool is_map = type && type->container && type->container->kind == Container::Kind::kMap;
  if (type && !is_map) {
    return work.problem(ErrorCode::kTypeMismatch,
                        "extract_fields needs a struct or a std::map<std::string, T>, but '{}' is "
                        "{}{}",
                        whole->node.name, type->name,
                        type == type_of<Table>() ? ": use extract_columns"
                        : type->kind == Kind::kObject
                            ? " (a struct is a row value once weft::is_record says so)"
                            : "");
  }
  if (extract.fields.empty()) {
    return work.problem(
        "extract_fields of '{}' names no field; only a struct says by itself which "
        "there are",
        work.definition->name);
  }
  for (const NamedOutput& output : extract.fields) {
    const Type element = element_type(type);
    check_field_type(work, output, element);
    Draft d = part_of(work, *whole, Role::kField, output, "extract_fields");
    d.node.field = output.name;
    if (element) d.node.type = element;
    work.drafts.push_back(std::move(d));
  }
}

void unpack(Work& work, const Unpack& unpack) {
  if (unpack.names.empty()) {
    return work.problem("unpack of '{}' names nothing", work.definition->name);
  }
  const Draft* whole = work.single_target({}, "unpack");
  if (!whole) return;
  const Type type = whole->node.type;
  const bool is_sequence =
      type && (type->kind == Kind::kList ||
               (type->container && type->container->kind != Container::Kind::kMap));
  if (type && !is_sequence) {
    return work.problem(ErrorCode::kTypeMismatch,
                        "unpack needs a tuple, pair, array or vector, but '{}' is {}",
                        whole->node.name, type->name);
  }
  if (type && type->container && type->container->kind == Container::Kind::kTuple &&
      unpack.names.size() > type->container->elements.size()) {
    return work.problem("unpack of '{}' has {} names for the {} elements of {}",
                        work.definition->name, unpack.names.size(),
                        type->container->elements.size(), type->name);
  }
  for (size_t i = 0; i < unpack.names.size(); ++i) {
    if (unpack.names[i].empty()) {
      work.problem("unpack of '{}': number {} has no name", work.definition->name, i + 1);
      continue;
    }
    Draft d = part_of(work, *whole, Role::kElement, {unpack.names[i]}, "unpack");
    d.node.field = std::to_string(i);
    d.node.type = element_type(type, i);
    work.drafts.push_back(std::move(d));
  }
}

}  // namespace weft
