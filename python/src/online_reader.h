/// FeatureReader as Python sees it: rows of a request in, columns of values out.
#pragma once

#include "convert.h"

namespace weft::python {

void bind_online_reader(nb::module_& m);

}  // namespace weft::python
