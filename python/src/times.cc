#include "times.h"

#include <datetime.h>
#include <fmt/format.h>

namespace weft::python {
namespace {

void load_datetime() {
  if (PyDateTimeAPI) return;
  PyDateTime_IMPORT;
  if (!PyDateTimeAPI) throw nb::python_error();
}

Duration delta_of(PyObject* delta) {
  return std::chrono::days(PyDateTime_DELTA_GET_DAYS(delta)) +
         std::chrono::seconds(PyDateTime_DELTA_GET_SECONDS(delta)) +
         Duration(PyDateTime_DELTA_GET_MICROSECONDS(delta));
}

}  // namespace

bool is_datetime(nb::handle object) {
  load_datetime();
  return PyDate_Check(object.ptr());  // a datetime is a date
}

bool is_timedelta(nb::handle object) {
  load_datetime();
  return PyDelta_Check(object.ptr());
}

Time time_from_python(nb::handle object) {
  load_datetime();
  PyObject* p = object.ptr();
  const std::chrono::year_month_day date(
      std::chrono::year(PyDateTime_GET_YEAR(p)),
      std::chrono::month(static_cast<unsigned>(PyDateTime_GET_MONTH(p))),
      std::chrono::day(static_cast<unsigned>(PyDateTime_GET_DAY(p))));
  Time time = std::chrono::sys_days(date);
  if (!PyDateTime_Check(p)) return time;
  time += std::chrono::hours(PyDateTime_DATE_GET_HOUR(p)) +
          std::chrono::minutes(PyDateTime_DATE_GET_MINUTE(p)) +
          std::chrono::seconds(PyDateTime_DATE_GET_SECOND(p)) +
          Duration(PyDateTime_DATE_GET_MICROSECOND(p));
  if (PyDateTime_DATE_GET_TZINFO(p) == Py_None) return time;
  const nb::object offset = object.attr("utcoffset")();
  return offset.is_none() ? time : time - delta_of(offset.ptr());
}

Duration duration_from_python(nb::handle object) {
  load_datetime();
  return delta_of(object.ptr());
}

nb::object to_datetime(Time time) {
  load_datetime();
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const int year = int(date.year());
  if (year < 1 || year > 9999) {
    throw Error(
        ErrorCode::kBadData,
        fmt::format("{} us since 1970 is no time of Python's, which ends with the year 9999",
                    time.time_since_epoch().count()));
  }
  const std::chrono::hh_mm_ss clock(time - days);
  auto out = nb::steal(PyDateTimeAPI->DateTime_FromDateAndTime(
      year, static_cast<int>(unsigned(date.month())), static_cast<int>(unsigned(date.day())),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()),
      PyDateTime_TimeZone_UTC, PyDateTimeAPI->DateTimeType));
  if (!out.is_valid()) throw nb::python_error();
  return out;
}

nb::object to_timedelta(Duration duration) {
  load_datetime();
  const auto days = std::chrono::floor<std::chrono::days>(duration);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration - days);
  auto out =
      nb::steal(PyDelta_FromDSU(static_cast<int>(days.count()), static_cast<int>(seconds.count()),
                                static_cast<int>((duration - days - seconds).count())));
  if (!out.is_valid()) throw nb::python_error();
  return out;
}

}  // namespace weft::python
