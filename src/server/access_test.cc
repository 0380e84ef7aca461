// Tokens: who gets in, and what is wrong with a file of them.
#include "server/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/scratch_folder.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

// SHA-256 of "secret".
constexpr char kHash[] = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

TEST(AccessTest, TokensOpenTheirProjects) {
  const std::vector<AccessToken> tokens = {
      {.name = "app", .token = "abc"},
      {.name = "trainer", .sha256 = kHash, .may_write = true, .projects = {"rides"}},
  };
  const AccessList rides(tokens, "rides");
  const AccessList other(tokens, "other");
  EXPECT_EQ(rides.find("Bearer abc").scope, AccessScope::kRead);
  EXPECT_EQ(rides.find("Bearer abc").name, "app");
  EXPECT_EQ(rides.find("bearer  secret").scope, AccessScope::kWrite);
  EXPECT_EQ(other.find("Bearer abc").scope, AccessScope::kRead);
  EXPECT_EQ(other.find("Bearer secret").scope, AccessScope::kNone);
  EXPECT_TRUE(other.find("Bearer secret").is_known);
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer abcd", "Bearer ab", "Basic abc", "abc",
                            "Bearer 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe9"}) {
    EXPECT_FALSE(rides.find(wrong).is_known) << wrong;
  }
  EXPECT_THROW(AccessList({{.name = "none"}}, "x"), Error);
  EXPECT_THROW(AccessList({{.name = "short", .sha256 = "12"}}, "x"), Error);
}

TEST(AccessTest, FilesOfTokens) {
  const ScratchFolder folder;
  const auto tokens = read_tokens(folder.with(
      "a.yaml", "tokens:\n  app: {token: abc}\n  t: {sha256: aa, scope: write, projects: [p]}\n"));
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0].token, "abc");
  EXPECT_FALSE(tokens[0].may_write);
  EXPECT_TRUE(tokens[1].may_write);
  EXPECT_THAT(tokens[1].projects, testing::ElementsAre("p"));
  const struct {
    const char* text;
    const char* message;
  } wrong[] = {
      {"tokens:\n  app: {tken: abc}\n", "b.yaml:2: token 'app' has no field 'tken'; did you mean"},
      {"tokens:\n  app: abc\n", "b.yaml:2: token 'app': expected a map"},
      {"tokens:\n  app: {token: a, scope: all}\n", "scope is read or write, found 'all'"},
      {"- a\n", "b.yaml:1: expected `tokens:`"},
      {"tokens: {a: [\n", "b.yaml:"},
  };
  for (const auto& [text, message] : wrong) {
    try {
      read_tokens(folder.with("b.yaml", text));
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
}

}  // namespace
}  // namespace weft
