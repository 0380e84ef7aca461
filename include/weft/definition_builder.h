/// DefinitionBuilder: definitions made at run time, as another language's binding makes them.
#pragma once

#include "weft/definition.h"

namespace weft {

/// What a boxed row function is: one row's values in, one out. A value is empty for a null, which
/// only nullable parameters see; an empty result is a null.
using RowFunction = std::function<Value(std::span<const Value>)>;

/// A kernel that boxes each row for `function`: for definitions that are not compiled, some hundred
/// times slower than one that is. Thread-safe if `function` is.
KernelPtr boxed_kernel(std::string name, Type result, std::span<const Parameter> parameters,
                       RowFunction function);

/// DefinitionBuilder("fare").parameter("distance", double_type()).row(double_type(), f).
class DefinitionBuilder {
 public:
  explicit DefinitionBuilder(std::string name);

  DefinitionBuilder& parameter(std::string name, Type type, Shape shape = Shape::kRow);
  DefinitionBuilder& parameter(Parameter parameter);
  /// Of the parameter added last: it sees nulls; it has a default.
  DefinitionBuilder& nullable();
  DefinitionBuilder& default_value(Value value);
  DefinitionBuilder& modifier(Modifier modifier);
  DefinitionBuilder& doc(std::string text);
  DefinitionBuilder& source_text(std::string text);
  DefinitionBuilder& module(std::string name);
  DefinitionBuilder& language(std::string name);
  DefinitionBuilder& where(SourceLocation place);
  /// What the results depend on that the source text does not show; without a text, all of it.
  DefinitionBuilder& version(std::string text);
  /// The result may be null.
  DefinitionBuilder& returns_null();

  // Each of these ends the building; the builder is empty afterwards.
  /// A row function, lifted by boxing each row.
  DefinitionPtr row(Type result, RowFunction function);
  /// A column function: takes and returns Value::of<ExprPtr>; `shape` is kColumn or kScalar.
  DefinitionPtr column(Type result, Call function, Shape shape = Shape::kColumn);
  /// An object function; kSeries: returns a ColumnData of `result`.
  DefinitionPtr object(Type result, Call function, Shape shape = Shape::kObject);

 private:
  DefinitionPtr finish(Type result, Shape shape);

  std::shared_ptr<Definition> definition_;
};

}  // namespace weft
