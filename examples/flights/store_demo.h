/// The second half of the demo: history, a training set, latest values, answers over HTTP.
#pragma once

#include <weft/weft.h>

namespace flights {

/// `batch`: every flight with its raw columns and its label. Returns how many values of answers
/// differ from those of the training set; -1 if there were none to compare.
int64_t run_store_demo(const weft::Driver& driver, const weft::Values& paths,
                       const weft::Table& batch, const std::string& out);

}  // namespace flights
