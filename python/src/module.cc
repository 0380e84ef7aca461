// The extension `weft._weft`: Weft's C++ API as Python objects, and nothing more.
#include "bind.h"

NB_MODULE(_weft, m) {
  using namespace weft::python;
  // A function keeps its definition, which keeps the function: what Python ends with is no leak.
  nb::set_leak_warnings(false);
  m.doc() = "Weft's native part. Use the package weft.";
  m.attr("__version__") = WEFT_VERSION;
  bind_errors(m);
  bind_tables(m);
  bind_definitions(m);
  bind_modifiers(m);
  bind_expressions(m);
  bind_graph(m);
  bind_driver(m);
  bind_formats(m);
  bind_table_ops(m);
  bind_clock(m);
  bind_store_definitions(m);
  bind_store(m);
  bind_server(m);
  bind_hamilton(m);
  bind_command(m);
}
