// Readers and writers by the name of their format.
#include "weft/formats.h"

#include <nanobind/stl/vector.h>

#include "bind.h"
#include "weft/testing.h"

namespace weft::python {

void bind_formats(nb::module_& m) {
  m.def(
      "load",
      [](const std::string& format, const nb::dict& options) {
        const Loader load = loader(format);
        const Values values = values_from_python(options);
        Value loaded;
        {
          const nb::gil_scoped_release unlocked;
          loaded = load(values);
        }
        return to_python(loaded);
      },
      nb::arg("format"), nb::arg("options"),
      "What the loader of this format makes of the options.");
  m.def(
      "save",
      [](const std::string& format, const nb::object& data, const nb::dict& options) {
        const Saver save = saver(format);
        const Values values = values_from_python(options);
        const Value value = is_columnar(data) || PyDict_Check(data.ptr())
                                ? Value::of(table_from_python(data))
                                : from_python(data);
        Values said;
        {
          const nb::gil_scoped_release unlocked;
          said = save(value, values);
        }
        return values_to_python(said);
      },
      nb::arg("format"), nb::arg("data"), nb::arg("options"),
      "Writes with the saver of this format; a dict of what was written.");
  m.def("loader_names", &loader_names);
  m.def("saver_names", &saver_names);

  m.def(
      "difference",
      [](const nb::object& expected, const nb::object& found) {
        return testing::difference(table_from_python(expected), table_from_python(found));
      },
      nb::arg("expected"), nb::arg("found"));
  m.def(
      "run_cases",
      [](const std::string& path, const std::vector<Module>& modules) {
        std::vector<testing::Case> cases;
        std::vector<testing::CaseReport> reports;
        {
          const nb::gil_scoped_release unlocked;
          cases = testing::load_cases(path);
          for (const testing::Case& c : cases) reports.push_back(testing::run_case(c, modules));
        }
        nb::list out;
        for (const testing::CaseReport& report : reports) {
          nb::dict d;
          d["name"] = report.of->name;
          d["file"] = report.of->where.file;
          d["line"] = report.of->where.line;
          d["passed"] = report.passed;
          d["message"] = report.message;
          d["contexts"] = nb::cast(report.contexts);
          out.append(d);
        }
        return out;
      },
      nb::arg("path"), nb::arg("modules"));
  m.def(
      "update_cases",
      [](const std::string& path, const std::vector<Module>& modules) {
        const nb::gil_scoped_release unlocked;
        return testing::update_cases(path, modules);
      },
      nb::arg("path"), nb::arg("modules"));
}

}  // namespace weft::python
