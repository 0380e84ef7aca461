/// What the planner itself needs: kernels that widen, pick a field or gather a list, and the calls
/// behind nodes that are no functions.
#pragma once

#include "weft/graph.h"

namespace weft {

/// Requires widens(from, to) and from != to.
KernelPtr widen_kernel(Type from, Type to);
/// The field of a struct; throws Error(kNotFound) with the nearest field.
KernelPtr field_kernel(Type record, std::string_view field);
/// Element `number` of a list; a row that has fewer is an error.
KernelPtr element_kernel(Type list, size_t number);
/// A list of `n` values of one type.
KernelPtr list_kernel(Type element, size_t n);

/// A row-wise operator as a kernel.
KernelPtr operator_kernel(std::shared_ptr<const ColumnOperator> op, std::vector<Type> parameters);

/// The call of a node whose role is kField, kElement, kGather, kAppend, kTable, kLoad,
/// kSelect or kSave.
std::shared_ptr<const Call> standard_call(const Node& node);

}  // namespace weft
