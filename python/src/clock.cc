// The clock that stores and servers take the time from.
#include "weft/clock.h"

#include "bind.h"
#include "times.h"

namespace weft::python {

void bind_clock(nb::module_& m) {
  nb::class_<ManualClock>(
      m, "ManualClock",
      "A clock that stands still until it is set: for tests, and for runs that are "
      "repeated. Thread-safe.")
      .def(
          "__init__",
          [](ManualClock* self, const nb::object& now) {
            new (self) ManualClock(now.is_none() ? Time() : time_from_python(now));
          },
          nb::arg("now") = nb::none(), "None: the Unix epoch.")
      .def_prop_ro("now", [](const ManualClock& clock) { return to_datetime(clock.now()); })
      .def(
          "set",
          [](ManualClock& clock, const nb::object& now) { clock.set(time_from_python(now)); },
          nb::arg("now"))
      .def(
          "advance",
          [](ManualClock& clock, const nb::object& by) { clock.advance(duration_from_python(by)); },
          nb::arg("by"));
}

}  // namespace weft::python
