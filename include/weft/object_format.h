/// How objects (models, definitions) are written as text, so that fits and caches can keep them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "weft/native.h"

namespace weft {

/// Two functions that undo each other: from_json(to_json(x)) is as good as x. The text is JSON.
struct ObjectFormat {
  std::function<std::string(const Value& object)> to_json;
  /// May throw anything for text it did not write.
  std::function<Value(std::string_view text)> from_json;
};

/// For all drivers of the process; the last one registered for a type holds. Thread-safe.
void register_object_format(Type type, ObjectFormat format);
/// `to_json(const T&)` returns a text, `from_json(std::string_view)` a T.
template <class T, class ToJson, class FromJson>
void register_object_format(ToJson to_json, FromJson from_json) {
  register_object_format(
      type_of<T>(),
      {[to_json](const Value& object) -> std::string { return to_json(object.get<T>()); },
       [from_json](std::string_view text) { return Value::of(T(from_json(text))); }});
}
/// Null if none was registered.
std::shared_ptr<const ObjectFormat> find_object_format(Type type);

}  // namespace weft
