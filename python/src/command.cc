// The command `weft` in this process, with modules of Python beside compiled ones.
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "calls.h"
#include "cli/process.h"
#include "names.h"
#include "weft/module.h"

namespace weft::python {
namespace {

// What Python says went wrong, as an Error with the code and the place it has.
Error error_of(const nb::python_error& raised, nb::handle describe) {
  const auto [code, message, file, line] =
      nb::cast<std::tuple<std::string, std::string, std::string, int>>(describe(raised.value()));
  return {error_code_of_name(code), message, {file, line}};
}

// `open` is weft.command.open_module(name, folder), `describe` its error as (code, message, file,
// line).
cli::ModuleOpener opener_of(SharedObject open, SharedObject describe) {
  return [open = std::move(open), describe = std::move(describe)](
             const std::string& name, const std::string& folder) -> std::optional<Module> {
    const Gil gil;
    try {
      const nb::object module = open->get()(name, folder);
      if (module.is_none()) return {};
      return nb::cast<Module>(module);
    } catch (const nb::python_error& raised) {
      throw error_of(raised, describe->get());
    }
  };
}

}  // namespace

void bind_command(nb::module_& m) {
  m.def(
      "run_command",
      [](std::vector<std::string> words, nb::object open, nb::object describe) {
        auto opener = opener_of(share(std::move(open)), share(std::move(describe)));
        const nb::gil_scoped_release release;
        return cli::run_process(std::move(words), std::move(opener));
      },
      nb::arg("words"), nb::arg("open_module"), nb::arg("describe_error"),
      "Runs a command line, without the program's name, on the process's streams; gives the exit "
      "status.");
}

}  // namespace weft::python
