#include "weft/foreign_types.h"

#include <atomic>

namespace weft {
namespace {

std::atomic<ObjectAssignable> asked = nullptr;

}  // namespace

void set_object_assignable(ObjectAssignable assignable) { asked = assignable; }

bool object_assignable(Type from, Type to) {
  const ObjectAssignable assignable = asked;
  return assignable && from->is_object() && to->is_object() && assignable(from, to);
}

}  // namespace weft
