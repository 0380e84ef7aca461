/// The parts of the extension `weft._weft`, each in the file of its name.
#pragma once

#include "convert.h"

namespace weft::python {

void bind_errors(nb::module_& m);
void bind_tables(nb::module_& m);
void bind_definitions(nb::module_& m);
void bind_modifiers(nb::module_& m);
void bind_expressions(nb::module_& m);
void bind_graph(nb::module_& m);
void bind_driver(nb::module_& m);
void bind_formats(nb::module_& m);
void bind_table_ops(nb::module_& m);
void bind_clock(nb::module_& m);
void bind_store_definitions(nb::module_& m);
void bind_store(nb::module_& m);
void bind_server(nb::module_& m);
void bind_hamilton(nb::module_& m);
void bind_command(nb::module_& m);

}  // namespace weft::python
