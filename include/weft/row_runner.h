/// RowRunner: an online plan, run for one request after another.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "weft/check.h"
#include "weft/kernel.h"

namespace weft {

struct Program;

/// Runs an online plan for one request after another, without allocating. Not thread-safe: one a
/// thread; they are cheap.
class RowRunner {
 public:
  explicit RowRunner(std::shared_ptr<const Program> program);
  ~RowRunner();
  RowRunner(RowRunner&&) noexcept;

  /// Position of an input or output, to be looked up once. Throws Error(kNotFound).
  size_t input(std::string_view name) const;
  size_t output(std::string_view name) const;

  /// Throws Error(kTypeMismatch) if the input is not of T. Text and lists are copied.
  template <class T>
  void set(size_t input, const T& value) {
    using U = std::conditional_t<std::is_convertible_v<T, std::string_view>, std::string, T>;
    const Port& port = input_port(input, type_of<U>());
    const Cell& cell = *port.cell;
    if constexpr (std::is_arithmetic_v<U> || std::is_same_v<U, Time> ||
                  std::is_same_v<U, Duration>) {
      *static_cast<U*>(cell.data) = value;
    } else {
      Arena& own = *port.arena;
      own.reset();
      if constexpr (requires { typename detail::ListElement<T>::type; }) {
        // A borrowed list is copied like an own one.
        using V = std::vector<typename detail::ListElement<T>::type>;
        Native<V>::store(V(value.begin(), value.end()), *static_cast<ListView*>(cell.data), own);
      } else {
        Native<U>::store(value, *static_cast<typename Native<U>::Stored*>(cell.data), own);
      }
    }
    *cell.valid = true;
  }
  void set_null(size_t input);
  /// `slot` holds a value of the input's type as Native<T>::Stored does; what texts and lists in it
  /// point to is borrowed until the input is set again. Throws Error(kUnsupported) for structs.
  void set_slot(size_t input, const void* slot);
  /// Widened as needed; an empty Value is null.
  void set_value(size_t input, const Value& value);
  /// Throws Error(kFunctionFailed) with the feature and the values it was given, and
  /// Error(kCheckFailed).
  void run();
  /// What the checks of the last request found.
  std::vector<CheckReport> checks() const;
  template <class T>
  std::optional<T> get(size_t output) const {
    const Cell& cell = *output_port(output, type_of<T>()).cell;
    if (!*cell.valid) return {};
    typename Native<T>::Scratch scratch;
    return T(Native<T>::load(*static_cast<const typename Native<T>::Stored*>(cell.data), scratch));
  }
  Value value(size_t output) const;
  /// The value as Native<T>::Stored of the output's type, until the next run(); null: it is null.
  const void* slot(size_t output) const;
  Type output_type(size_t output) const { return outputs_[output].type; }

 private:
  friend class Plan;
  /// Where an input or output lies, resolved once.
  struct Port {
    Type type;
    const Cell* cell;
    Arena* arena;  ///< of an input: what its texts and lists lie in
  };
  const Port& input_port(size_t input, Type type) const {
    if (inputs_[input].type != type) refuse_input(input, type);
    return inputs_[input];
  }
  const Port& output_port(size_t output, Type type) const {
    if (outputs_[output].type != type) refuse_output(output, type);
    return outputs_[output];
  }
  [[noreturn]] void refuse_input(size_t input, Type type) const;
  [[noreturn]] void refuse_output(size_t output, Type type) const;
  void prepare();

  struct State;
  std::unique_ptr<State> state_;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
};

}  // namespace weft
