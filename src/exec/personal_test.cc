// Values tagged pii, and what is computed from them, appear in no error, report or quarantine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weft/module.h"
#include "weft/weft.h"

namespace personal_test {
using namespace weft;

FEATURE(std::string, email, (std::string_view login), tag("pii", "direct")) {
  return std::string(login) + "@example.org";
}
FEATURE(std::string, domain, (std::string_view email)) {
  return std::string(email.substr(email.find('@') + 1));
}
FEATURE(int64_t, email_length, (std::string_view email), check(quarantine(in_range(0, 10)))) {
  return static_cast<int64_t>(email.size());
}
FEATURE(int64_t, strict, (std::string_view domain)) {
  throw std::runtime_error("cannot read " + std::string(domain));
}
FEATURE(int64_t, strict_length, (std::string_view email), check(fail(in_range(0, 1)))) {
  return static_cast<int64_t>(email.size());
}
FEATURE(double, share, (Series<std::string> email)) {
  throw std::runtime_error("the first is " + std::string(**email.begin()));
}
FEATURE(bool, is_long, (std::string_view email), declassify("one bit tells nobody's name")) {
  return email.size() > 20;
}
FEATURE(bool, strict_bit, (bool is_long)) { throw std::runtime_error(is_long ? "long" : "short"); }

Driver driver() { return Driver({compiled_module("personal_test")}); }

std::string error_of(const std::string& output) {
  try {
    driver().execute({output}, {{"login", Value::of(ColumnData::of<std::string>({"annabelle"}))}});
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(PersonalTest, IsInheritedUntilDeclassified) {
  const Driver weft = driver();
  const auto personal = [&](std::string_view name) {
    return weft.graph().node(weft.graph().at(name)).personal;
  };
  EXPECT_FALSE(personal("login"));
  for (const char* name : {"email", "domain", "email_length", "strict", "share"}) {
    EXPECT_TRUE(personal(name)) << name;
  }
  EXPECT_FALSE(personal("is_long"));
  EXPECT_FALSE(personal("strict_bit"));
}

TEST(PersonalTest, ErrorsOfRowsTellNeitherValuesNorTheFunctionsWords) {
  EXPECT_THAT(error_of("strict"),
              AllOf(HasSubstr("strict, row 0: "), HasSubstr("hidden"),
                    HasSubstr("domain = <hidden: tagged pii>"), Not(HasSubstr("example"))));
  EXPECT_THAT(error_of("strict_bit"), AllOf(HasSubstr("long"), HasSubstr("is_long = true")));
}

TEST(PersonalTest, ErrorsOfCallsDoNotEither) {
  EXPECT_THAT(error_of("share"),
              AllOf(HasSubstr("share: "), HasSubstr("hidden"), Not(HasSubstr("anna"))));
}

TEST(PersonalTest, ChecksAndQuarantineHideWhatIsInherited) {
  EXPECT_THAT(error_of("strict_length"),
              AllOf(HasSubstr("row 0 is <hidden: tagged pii>"), Not(HasSubstr("21"))));
  const Result result = driver().execute(
      {"email_length"}, {{"login", Value::of(ColumnData::of<std::string>({"annabelle"}))}});
  EXPECT_THAT(result.checks()[0].message, Not(HasSubstr("21")));
  EXPECT_FALSE(result.quarantine().at("email_length").has("value"));
}

TEST(PersonalTest, RequestsHideThemToo) {
  RowRunner runner = driver().plan({"strict"}, {.context = Context::kOnline}).rows();
  runner.set(runner.input("login"), std::string_view("annabelle"));
  try {
    runner.run();
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), Not(HasSubstr("example")));
  }
}

}  // namespace personal_test
