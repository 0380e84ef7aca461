// Help, the reference page and errors about the command line itself.
#include <gmock/gmock.h>

#include "cli/captured.h"
#include "cli/verbs.h"

namespace weft::cli {
namespace {

using ::testing::HasSubstr;

std::string reference_path() {
  const char* source = std::getenv("WEFT_SOURCE_DIR");
  return std::string(source ? source : ".") + "/docs/reference/command.md";
}

std::string section(const Verb& verb) {
  std::ostringstream ignored;
  const Console console = {.out = ignored, .err = ignored};
  return "## weft " + verb.name + "\n\n```text\n" + help_text(verb, console) + "```\n";
}

// With WEFT_UPDATE set, the page is rewritten to hold what help says now.
TEST(HelpTest, ReferencePageHoldsTheHelpOfEveryVerb) {
  const std::string page = TestFolder::read(reference_path());
  ASSERT_THAT(page, HasSubstr("## Values"));
  std::string sections;
  for (const Verb& verb : verbs()) sections += "\n" + section(verb);
  if (std::getenv("WEFT_UPDATE") != nullptr) {
    const std::string head = page.substr(0, page.find("\n## weft "));
    std::ofstream(reference_path()) << head.substr(0, head.find_last_not_of('\n') + 1) << "\n"
                                    << sections;
    return;
  }
  for (const Verb& verb : verbs()) EXPECT_THAT(page, HasSubstr(section(verb)));
}

TEST(HelpTest, EveryVerbTellsItsFlags) {
  for (const Verb& verb : verbs()) {
    const Captured help = weft_command({"help", verb.name});
    EXPECT_EQ(help.status, 0);
    EXPECT_EQ(help.out, weft_command({verb.name, "--help"}).out);
    for (const Flag& flag : verb.flags) EXPECT_THAT(help.out, HasSubstr("--" + flag.name));
    EXPECT_THAT(weft_command({"help"}).out, HasSubstr(verb.summary));
  }
}

TEST(HelpTest, FlagsOfOneVerbDiffer) {
  for (const Verb& verb : verbs()) {
    std::vector<std::string> seen = {"help", "color"};
    std::string letters = "h";
    for (const Flag& flag : verb.flags) {
      EXPECT_EQ(std::ranges::count(seen, flag.name), 0) << verb.name << " " << flag.name;
      seen.push_back(flag.name);
      if (flag.letter == 0) continue;
      EXPECT_EQ(letters.find(flag.letter), std::string::npos) << verb.name << " " << flag.letter;
      letters += flag.letter;
    }
  }
}

TEST(ArgumentsTest, UnknownWordsGetTheNearest) {
  EXPECT_THAT(weft_command({"rnu"}).err, HasSubstr("did you mean 'run'?"));
  EXPECT_THAT(weft_command({"list", "--knd=row"}).err, HasSubstr("did you mean '--kind'?"));
  EXPECT_THAT(weft_command({"list", "--kind=rwo"}).err, HasSubstr("did you mean 'row'?"));
  EXPECT_THAT(weft_command({"completion", "bsh"}).err, HasSubstr("did you mean 'bash'?"));
  EXPECT_EQ(weft_command({"list", "--knd=row"}).status, 2);
}

TEST(ArgumentsTest, CountsOperandsAndFlags) {
  EXPECT_THAT(weft_command({"show"}).err, HasSubstr("`weft show` needs NODE"));
  EXPECT_THAT(weft_command({"show", "a", "b"}).err, HasSubstr("does not take 'b'"));
  EXPECT_THAT(weft_command({"graph", "-o", "a", "-o", "b"}).err,
              HasSubstr("--output is given twice"));
  EXPECT_THAT(weft_command({"graph", "-o"}).err, HasSubstr("--output needs a value"));
  EXPECT_THAT(weft_command({"run", "a", "--limit=-1"}).err, HasSubstr("whole number"));
}

TEST(ArgumentsTest, FlagsMayStandBeforeTheVerb) {
  EXPECT_EQ(weft_command({"--color", "never", "version"}).status, 0);
  const Captured listed = weft_command({"-m", test_module("cli_survey"), "list", "--names"});
  EXPECT_EQ(listed.status, 0) << listed.err;
}

TEST(ArgumentsTest, ValuesMayLookLikeFlagsAndLists) {
  const Verb& verb = find_verb("run");
  const Arguments arguments =
      parse_arguments(verb, {"--input", "x=-3", "-i", "l=[a, b]", "--", "--odd"});
  EXPECT_THAT(arguments.all("input"), ::testing::ElementsAre("x=-3", "l=[a, b]"));
  EXPECT_THAT(arguments.operands(), ::testing::ElementsAre("--odd"));
}

TEST(ConsoleTest, ControlCharactersAreSpelledOut) {
  EXPECT_EQ(printable("a\x1b[31m\tb\n"), "a\\x1b[31m\\tb\\n");
  EXPECT_EQ(printable("größe 大"), "größe 大");
  EXPECT_EQ(display_width("größe 大"), 8U);
  EXPECT_EQ(cut_to_width("größe 大", 7), "größe …");
  EXPECT_EQ(cut_to_width("abc", 3), "abc");
}

TEST(ConsoleTest, TablesFitATerminalAndAreWholeElsewhere) {
  std::ostringstream out;
  Console console = {.out = out, .err = out, .out_is_terminal = true, .width = 12};
  TextTable table({"name", "number", "more"});
  table.align_right(1);
  table.add({"a", "1", "text"});
  table.print(console, TextTable::Overflow::kDropColumns);
  EXPECT_EQ(out.str(), "name  number\na          1\n... and 1 more column\n");
  out.str("");
  console.out_is_terminal = false;
  table.print(console, TextTable::Overflow::kDropColumns);
  EXPECT_EQ(out.str(), "name  number  more\na          1  text\n");
}

}  // namespace
}  // namespace weft::cli
