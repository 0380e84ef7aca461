// On a CPU without the instructions that the elementary functions need, making a Driver is an error
// that says so, rather than the end of the program in the first exp(). This program's check_cpu()
// stands in for the library's.
#include <gtest/gtest.h>

#include "weft/weft.h"

namespace weft {

void check_cpu() { throw Error(ErrorCode::kUnsupported, "this CPU has no AVX2"); }

TEST(OldCpuTest, ADriverSaysWhatTheCpuLacks) {
  try {
    const Driver driver(std::vector<Module>{});
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kUnsupported);
    EXPECT_STREQ(e.what(), "this CPU has no AVX2");
  }
}

}  // namespace weft
