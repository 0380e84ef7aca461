/// Python's datetime and timedelta.
#pragma once

#include "python_object.h"

namespace weft::python {

/// A datetime or a date (its midnight), and what is made of them (pandas.Timestamp).
bool is_datetime(nb::handle object);
bool is_timedelta(nb::handle object);

/// An aware one is converted to UTC, a naive one is UTC. Nanoseconds are cut.
Time time_from_python(nb::handle object);
Duration duration_from_python(nb::handle object);
/// Aware, in UTC. Throws Error(kBadData) outside of the years 1 to 9999.
nb::object to_datetime(Time time);
nb::object to_timedelta(Duration duration);

}  // namespace weft::python
