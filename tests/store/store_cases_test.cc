// Each case of cases/store, with its rows in files and written since.
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <ostream>
#include <set>

#include "case_run.h"
#include "weft/weft.h"

#undef WEFT_MODULE
#define WEFT_MODULE "store_cases"
namespace store_cases_module {
using namespace weft;

/// What is computed in a request; tests/feast has the same in Python.
FEATURE(double, eta_hours, (double distance, double speed)) { return distance / speed; }
}  // namespace store_cases_module

namespace weft::store_cases {

struct Param {
  StoreCase of;
  RowsIn rows_in;
};
void PrintTo(const Param& param, std::ostream* out) { *out << param.of.where.to_string(); }

namespace {

std::vector<Param> params() {
  const char* root = std::getenv("WEFT_SOURCE_DIR");
  std::vector<Param> out;
  for (const StoreCase& c : load_store_cases(std::string(root ? root : ".") + "/cases/store")) {
    if (c.only != "written") out.push_back({c, RowsIn::kFiles});
    if (c.only != "files") out.push_back({c, RowsIn::kWritten});
  }
  return out;
}

// "the end of ttl is in" of history.yaml -> "history_the_end_of_ttl_is_in_files".
std::string name_of(const testing::TestParamInfo<Param>& info) {
  std::string name = info.param.of.group + "_" + info.param.of.name +
                     (info.param.rows_in == RowsIn::kFiles ? "_files" : "_written");
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

class StoreCasesTest : public testing::TestWithParam<Param> {};

TEST_P(StoreCasesTest, AnswersAsTheCaseSays) {
  EXPECT_EQ(run_store_case(GetParam().of, GetParam().rows_in), "") << GetParam().of.name;
}
INSTANTIATE_TEST_SUITE_P(Cases, StoreCasesTest, testing::ValuesIn(params()), name_of);

}  // namespace
}  // namespace weft::store_cases
