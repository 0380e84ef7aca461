/// Object types that another language knows more of: which of them may stand for which.
#pragma once

#include "weft/types.h"

namespace weft {

/// May an object of `from` stand where one of `to` is asked for? Asked of two object types that are
/// not equal, on the thread that builds a graph. Has to give the same answer each time.
using ObjectAssignable = bool (*)(Type from, Type to);

/// Set once, by the language's binding, before graphs of its functions are built. Thread-safe.
void set_object_assignable(ObjectAssignable assignable);

/// What the binding says; false if there is none.
bool object_assignable(Type from, Type to);

}  // namespace weft
