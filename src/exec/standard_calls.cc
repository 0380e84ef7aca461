#include "exec/standard_calls.h"

#include <fmt/format.h>

#include <array>

#include "base/nearest_name.h"
#include "data/slots.h"
#include "exec/savers.h"
#include "ops/column_operator.h"
#include "weft/container.h"

namespace weft {
namespace {

template <class From>
KernelPtr widen_from(Type to) {
  switch (to->kind) {
    case Kind::kInt64:
      return kernel_of<&detail::widen<From, int64_t>>("widen");
    case Kind::kFloat:
      return kernel_of<&detail::widen<From, float>>("widen");
    default:
      return kernel_of<&detail::widen<From, double>>("widen");
  }
}

struct FieldContext {
  Field field;
};

void field_row(const void* context, const Cell* in, const Cell& out, Arena& arena) {
  const Field& field = static_cast<const FieldContext*>(context)->field;
  *out.valid = *in[0].valid && field.load(in[0].data, out.data, arena);
}

// A kernel whose block form is its row form, row after row.
template <auto RowFunction>
bool block_by_rows(const void* context, const Slice* in, const Sink& out, int64_t n, size_t arity,
                   size_t size) {
  return detail::run_by_rows(RowFunction, context, in, arity, out, n, size);
}

bool field_block(const void* context, const Slice* in, const Sink& out, int64_t n) {
  const Field& field = static_cast<const FieldContext*>(context)->field;
  return block_by_rows<&field_row>(context, in, out, n, 1, field.type->size);
}

struct ListContext {
  Type element;
  size_t n;
};

void list_row(const void* context, const Cell* in, const Cell& out, Arena& arena) {
  const auto& list = *static_cast<const ListContext*>(context);
  char* data = arena.take(list.n * list.element->size);
  for (size_t i = 0; i < list.n; ++i) {
    if (!*in[i].valid) {
      *out.valid = false;
      return;
    }
    // Slots of row types but records are copied as they are; a record is constructed first.
    std::memcpy(data + i * list.element->size, in[i].data, list.element->size);
  }
  *static_cast<ListView*>(out.data) = {data, static_cast<int64_t>(list.n)};
  *out.valid = true;
}

bool list_block(const void* context, const Slice* in, const Sink& out, int64_t n) {
  const auto& list = *static_cast<const ListContext*>(context);
  return block_by_rows<&list_row>(context, in, out, n, list.n, sizeof(ListView));
}

bool operator_block(const void* context, const Slice* in, const Sink& out, int64_t n) {
  return static_cast<const ColumnOperator*>(context)->run(in, out, n);
}

constexpr size_t kOperatorInputsMax = 16;

template <size_t N>
void operator_row(const void* context, const Cell* in, const Cell& out, Arena& arena) {
  Slice slices[N];
  uint64_t valid[N];
  for (size_t i = 0; i < N; ++i) {
    valid[i] = *in[i].valid ? 1 : 0;
    slices[i] = {static_cast<const char*>(in[i].data), &valid[i], 0};
  }
  uint64_t result = ~uint64_t{0};
  static_cast<const ColumnOperator*>(context)->run(slices, {out.data, &result, &arena, false}, 1);
  *out.valid = (result & 1) != 0;
}

template <size_t... N>
constexpr auto operator_rows(std::index_sequence<N...>) {
  return std::array{&operator_row<N + 1>...};
}

struct ElementContext {
  Type element;
  int64_t number;
};

void element_row(const void* context, const Cell* in, const Cell& out, Arena&) {
  const auto& c = *static_cast<const ElementContext*>(context);
  *out.valid = *in[0].valid;
  if (!*out.valid) return;
  const auto& list = *static_cast<const ListView*>(in[0].data);
  if (c.number >= list.size) {
    throw std::out_of_range(fmt::format("element {} of a list of {}", c.number, list.size));
  }
  const auto offset = static_cast<size_t>(c.number) * c.element->size;
  std::memcpy(out.data, static_cast<const char*>(list.data) + offset, c.element->size);
}

bool element_block(const void* context, const Slice* in, const Sink& out, int64_t n) {
  const auto& c = *static_cast<const ElementContext*>(context);
  return block_by_rows<&element_row>(context, in, out, n, 1, c.element->size);
}

Value gather(const Node& node, std::span<const Value> values) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < values.size(); ++i) keys.push_back(node.edges[i].parameter);
  if (node.type) return make_container(node.type, keys, values);
  Values map;
  for (size_t i = 0; i < values.size(); ++i) map[keys[i]] = values[i];
  return Value::of(std::move(map));
}

// A part of a container, as the type it is declared to be.
Call part_call(const Node& node) {
  const bool numbered = node.role == Role::kElement;
  return [numbered, field = node.field, number = numbered ? std::stoul(node.field) : 0,
          type = node.type](std::span<const Value> values) {
    Value part = numbered ? element_of(values[0], number) : entry_of(values[0], field);
    return type && !type->is_object() ? part.as(type) : part;
  };
}

Value append(const Node& node, std::span<const Value> values) {
  Table table = values[0].get<Table>();
  for (size_t i = 1; i < values.size(); ++i) {
    table = table.with_column(node.edges[i].parameter, values[i].get<ColumnData>());
  }
  return Value::of(std::move(table));
}

// Columns by the names of their nodes, a table's by their own; single values in every row.
Value table_of(const Node& node, std::span<const Value> values) {
  std::vector<std::pair<std::string, ColumnData>> columns;
  std::vector<std::pair<size_t, Value>> singles;
  int64_t rows = -1;
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string& name = node.edges[i].parameter;
    if (const auto* table = values[i].get_if<Table>()) {
      rows = table->num_rows();
      for (const auto& column : table->names()) columns.emplace_back(column, table->column(column));
    } else if (const auto* column = values[i].get_if<ColumnData>()) {
      rows = column->size();
      columns.emplace_back(name, *column);
    } else if (values[i].type() && !values[i].type()->is_object()) {
      singles.emplace_back(columns.size(), values[i]);
      columns.emplace_back(name, ColumnData());
    } else {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} is {}, which is no column of a table", name,
                              values[i].type() ? values[i].type()->name : "nothing"));
    }
  }
  const auto repeat = static_cast<size_t>(rows < 0 ? 1 : rows);
  for (const auto& [i, value] : singles) {
    columns[i].second = ColumnData::of_values(value.type(), std::vector<Value>(repeat, value));
  }
  return Value::of(Table(std::move(columns)));
}

}  // namespace

KernelPtr widen_kernel(Type from, Type to) {
  switch (from->kind) {
    case Kind::kInt32:
      return widen_from<int32_t>(to);
    case Kind::kInt64:
      return widen_from<int64_t>(to);
    default:
      return widen_from<float>(to);
  }
}

KernelPtr field_kernel(Type record, std::string_view field) {
  std::vector<std::string> names;
  for (const Field& f : record->fields) {
    names.push_back(f.name);
    if (f.name != field) continue;
    auto context = std::make_shared<FieldContext>(FieldContext{f});
    auto kernel = std::make_shared<Kernel>();
    kernel->name = fmt::format("field({})", field);
    kernel->result = f.type;
    kernel->result_nullable = f.nullable;
    kernel->parameters = {record};
    kernel->parameter_nullable = {false};
    kernel->block = &field_block;
    kernel->row = &field_row;
    kernel->context = context.get();
    kernel->owner = std::move(context);
    return kernel;
  }
  throw Error(ErrorCode::kNotFound,
              fmt::format("{} has no field {}{}", record->name, field, did_you_mean(field, names)));
}

KernelPtr element_kernel(Type list, size_t number) {
  auto context =
      std::make_shared<ElementContext>(ElementContext{list->element, static_cast<int64_t>(number)});
  auto kernel = std::make_shared<Kernel>();
  kernel->name = fmt::format("element({})", number);
  kernel->result = list->element;
  kernel->parameters = {list};
  kernel->parameter_nullable = {false};
  kernel->block = &element_block;
  kernel->row = &element_row;
  kernel->context = context.get();
  kernel->owner = std::move(context);
  return kernel;
}

KernelPtr list_kernel(Type element, size_t n) {
  auto context = std::make_shared<ListContext>(ListContext{element, n});
  auto kernel = std::make_shared<Kernel>();
  kernel->name = "list";
  kernel->result = list_type(element);
  kernel->parameters.assign(n, element);
  kernel->parameter_nullable.assign(n, false);
  kernel->block = &list_block;
  kernel->row = &list_row;
  kernel->context = context.get();
  kernel->owner = std::move(context);
  return kernel;
}

KernelPtr operator_kernel(std::shared_ptr<const ColumnOperator> op, std::vector<Type> parameters) {
  static constexpr auto kRows = operator_rows(std::make_index_sequence<kOperatorInputsMax>());
  WEFT_CHECK(!parameters.empty() && parameters.size() <= kOperatorInputsMax);
  auto kernel = std::make_shared<Kernel>();
  kernel->name = op->name();
  kernel->result = op->result();
  kernel->result_nullable = true;
  kernel->block = &operator_block;
  kernel->row = kRows[parameters.size() - 1];
  kernel->parameter_nullable.assign(parameters.size(), true);
  kernel->parameters = std::move(parameters);
  kernel->context = op.get();
  kernel->owner = std::move(op);
  return kernel;
}

std::shared_ptr<const Call> standard_call(const Node& node) {
  switch (node.role) {
    case Role::kGather:
      return std::make_shared<const Call>(
          [node](std::span<const Value> values) { return gather(node, values); });
    case Role::kField:
    case Role::kElement:
      return std::make_shared<const Call>(part_call(node));
    case Role::kAppend:
      return std::make_shared<const Call>(
          [node](std::span<const Value> values) { return append(node, values); });
    case Role::kTable:
      if (node.call) return std::make_shared<const Call>(node.call);
      return std::make_shared<const Call>(
          [node](std::span<const Value> values) { return table_of(node, values); });
    case Role::kLoad:
      return std::make_shared<const Call>(loader_call(node));
    case Role::kSelect:
      return std::make_shared<const Call>(select_call(node));
    case Role::kSave:
      return std::make_shared<const Call>(saver_call(node));
    default:
      if (node.call) return std::make_shared<const Call>(node.call);
      throw Error(
          ErrorCode::kInternal,
          fmt::format("{}: nothing runs a node of role {}", node.name, role_name(node.role)),
          node.where);
  }
}

}  // namespace weft
