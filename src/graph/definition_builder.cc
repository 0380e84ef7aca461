#include "weft/definition_builder.h"

namespace weft {
namespace {

struct BoxedFunction {
  RowFunction function;
  std::vector<Type> types;
  std::vector<bool> nullable;
  Type result;
};

void boxed_row(const void* context, const Cell* in, const Cell& out, Arena& arena) {
  const auto& f = *static_cast<const BoxedFunction*>(context);
  std::vector<Value> values;
  values.reserve(f.types.size());
  for (size_t i = 0; i < f.types.size(); ++i) {
    if (*in[i].valid) {
      values.push_back(f.types[i]->box(f.types[i], in[i].data));
    } else if (f.nullable[i]) {
      values.push_back(Value::null(f.types[i]));
    } else {
      *out.valid = false;
      return;
    }
  }
  const Value result = f.function(values);
  *out.valid = result.has_value();
  if (result.has_value()) f.result->unbox(f.result, result.as(f.result), out.data, arena);
}

bool boxed_block(const void* context, const Slice* in, const Sink& out, int64_t n) {
  const auto& f = *static_cast<const BoxedFunction*>(context);
  return detail::run_by_rows(&boxed_row, context, in, f.types.size(), out, n, f.result->size);
}

}  // namespace

KernelPtr boxed_kernel(std::string name, Type result, std::span<const Parameter> parameters,
                       RowFunction function) {
  auto boxed = std::make_shared<BoxedFunction>();
  auto kernel = std::make_shared<Kernel>();
  kernel->name = std::move(name);
  kernel->result = result;
  kernel->result_nullable = true;
  for (const Parameter& p : parameters) {
    kernel->parameters.push_back(p.type);
    kernel->parameter_nullable.push_back(p.nullable);
  }
  boxed->function = std::move(function);
  boxed->types = kernel->parameters;
  boxed->nullable = kernel->parameter_nullable;
  boxed->result = result;
  kernel->block = &boxed_block;
  kernel->row = &boxed_row;
  kernel->context = boxed.get();
  kernel->owner = std::move(boxed);
  return kernel;
}

DefinitionBuilder::DefinitionBuilder(std::string name)
    : definition_(std::make_shared<Definition>()) {
  definition_->name = std::move(name);
}

DefinitionBuilder& DefinitionBuilder::parameter(std::string name, Type type, Shape shape) {
  return parameter({std::move(name), type, shape, false, {}});
}

DefinitionBuilder& DefinitionBuilder::parameter(Parameter parameter) {
  definition_->parameters.push_back(std::move(parameter));
  return *this;
}

DefinitionBuilder& DefinitionBuilder::nullable() {
  definition_->parameters.back().nullable = true;
  return *this;
}

DefinitionBuilder& DefinitionBuilder::default_value(Value value) {
  definition_->parameters.back().default_value = std::move(value);
  return *this;
}

DefinitionBuilder& DefinitionBuilder::modifier(Modifier modifier) {
  definition_->modifiers.push_back(std::move(modifier));
  return *this;
}

DefinitionBuilder& DefinitionBuilder::doc(std::string text) {
  definition_->doc = std::move(text);
  return *this;
}

DefinitionBuilder& DefinitionBuilder::source_text(std::string text) {
  definition_->source_text = std::move(text);
  return *this;
}

DefinitionBuilder& DefinitionBuilder::module(std::string name) {
  definition_->module = std::move(name);
  return *this;
}

DefinitionBuilder& DefinitionBuilder::language(std::string name) {
  definition_->language = std::move(name);
  return *this;
}

DefinitionBuilder& DefinitionBuilder::where(SourceLocation place) {
  definition_->where = std::move(place);
  return *this;
}

DefinitionBuilder& DefinitionBuilder::version(std::string text) {
  definition_->version = std::move(text);
  return *this;
}

DefinitionBuilder& DefinitionBuilder::returns_null() {
  definition_->nullable = true;
  return *this;
}

DefinitionPtr DefinitionBuilder::row(Type result, RowFunction function) {
  definition_->kernel =
      boxed_kernel(definition_->name, result, definition_->parameters, std::move(function));
  return finish(result, Shape::kRow);
}

DefinitionPtr DefinitionBuilder::column(Type result, Call function, Shape shape) {
  definition_->call = std::move(function);
  return finish(result, shape);
}

DefinitionPtr DefinitionBuilder::object(Type result, Call function, Shape shape) {
  definition_->call = std::move(function);
  return finish(result, shape);
}

DefinitionPtr DefinitionBuilder::finish(Type result, Shape shape) {
  definition_->result = result;
  definition_->shape = shape;
  return std::move(definition_);
}

}  // namespace weft
