#!/usr/bin/env python3
"""Each rule of tidy.py catches what it is for, and leaves good files alone."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
import tidy  # noqa: E402

GOOD_HEADER = "/// What it is for.\n#pragma once\n"


class TidyTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)

    def write(self, path: str, text: str):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def problems(self) -> list[str]:
        return [f"{p.path}:{p.line}: {p.rule}" for p in tidy.check(self.root)]

    def test_a_good_tree_has_no_problems(self):
        self.write("include/weft/weft.h", GOOD_HEADER + '#include "weft/types.h"\n')
        self.write("include/weft/types.h", GOOD_HEADER + "#include <arrow/c/abi.h>\n")
        self.write("src/data/arrow.h", GOOD_HEADER + "#include <arrow/api.h>\n")
        self.write("src/data/CMakeLists.txt", "weft_module(data DEPS base)\n")
        self.write("src/data/arrow.cc", '#include "data/arrow.h"\n#include "base/clock.h"\n#include "weft/types.h"\n')
        self.write("src/base/clock.h", GOOD_HEADER)
        self.write("README.md", "See [the types](include/weft/types.h#top), [the web](https://example.org/x).\n")
        self.assertEqual(self.problems(), [])

    def test_name(self):
        self.write("src/base/clockWork.cc", "")
        self.write("src/base/string_utils.cc", "")
        self.assertEqual(self.problems(), ["src/base/clockWork.cc:1: name", "src/base/string_utils.cc:1: name"])

    def test_header_without_purpose_or_guard(self):
        self.write("include/weft/weft.h", "#include <vector>\n")
        self.assertEqual(self.problems(), ["include/weft/weft.h:1: header"] * 2)

    def test_layer_below(self):
        self.write("src/base/clock.cc", '#include <vector>\n#include "exec/plan.h"\n')
        self.write("src/exec/plan.h", GOOD_HEADER)
        self.assertEqual(self.problems(), ["src/base/clock.cc:2: layer"])

    def test_layer_unknown_folder(self):
        self.write("src/misplaced/x.cc", "")
        self.assertEqual(self.problems(), ["src/misplaced/x.cc:1: layer"])

    def test_layer_include_without_folder(self):
        self.write("src/base/clock.h", GOOD_HEADER)
        self.write("src/base/clock.cc", '#include "clock.h"\n')
        self.assertEqual(self.problems(), ["src/base/clock.cc:1: layer"])

    def test_layer_public_includes_internal(self):
        self.write("include/weft/weft.h", GOOD_HEADER + '#include "base/clock.h"\n')
        self.write("src/base/clock.h", GOOD_HEADER)
        self.assertEqual(self.problems(), ["include/weft/weft.h:3: layer"])

    def test_deps(self):
        self.write("src/data/CMakeLists.txt", "weft_module(data)\n")
        self.write("src/data/x.cc", '#include "data/y.h"\n#include "base/clock.h"\n')
        self.write("src/data/y.h", GOOD_HEADER)
        self.write("src/base/clock.h", GOOD_HEADER)
        self.assertEqual(self.problems(), ["src/data/x.cc:2: deps"])

    def test_banned(self):
        self.write("include/weft/weft.h", GOOD_HEADER + "#include <arrow/api.h>\n#include <arrow/type_fwd.h>\n")
        self.write("src/graph/x.cc", "#include <fstream>\n// printf(1) is not called\nstd::printf(1);\nsnprintf(1);\n")
        self.write("src/exec/x.cc", "auto now = std::chrono::system_clock::now();\n")
        self.write("src/cli/main.cc", "std::cout << 1;\n")
        self.assertEqual(self.problems(), ["include/weft/weft.h:3: banned", "src/exec/x.cc:1: banned",
                                           "src/graph/x.cc:1: banned", "src/graph/x.cc:3: banned"])

    def test_size_of_files(self):
        self.write("include/weft/weft.h", GOOD_HEADER + "\n" * 299)
        self.write("src/base/x.cc", "\n" * 801)
        self.write("src/base/y.cc", "\n" * 800)
        self.write("src/base/y_test.cc", "\n" * 1001)
        self.assertEqual(self.problems(), ["include/weft/weft.h:1: header-lines", "src/base/x.cc:1: source-lines",
                                           "src/base/y_test.cc:1: test-lines"])

    def test_size_of_functions(self):
        body = "  f();\n" * 69
        member = "    f();\n" * 69
        self.write("src/base/x.cc",
                   "namespace weft {\n"                                        # line 1
                   f"void just_right() {{\n{body[7:]}}}\n"                     # 2 to 71
                   "\n"
                   f"template <class T>\nvoid long_one(int a,\n              int b) {{\n{body}}}\n"  # 74
                   "\n"
                   f"class C {{\n public:\n  void g() {{\n{member}  }}\n  int x;\n}};\n"             # 149
                   f"const int k[] = {{\n{body}}};\n"
                   f'const char* raw = R"(\n{{\n{body}}}\n)";\n'
                   "}  // namespace weft\n")
        self.assertEqual(self.problems(), ["src/base/x.cc:74: function-lines", "src/base/x.cc:149: function-lines"])
        self.assertEqual(list(tidy.functions((self.root / "src/base/x.cc").read_text())),
                         [(2, 71), (74, 145), (149, 219)])

    def test_leftover(self):
        self.write("docs/a.md", "fine\n" + "TO" + "DO: more\n")
        self.write("src/base/x.cc", "// FIX" + "ME\n// TO" + "DOs are words\n")
        self.assertEqual(self.problems(), ["docs/a.md:2: leftover", "src/base/x.cc:1: leftover"])

    def test_dead(self):
        self.write("src/base/clock.h", GOOD_HEADER)
        self.assertEqual(self.problems(), ["src/base/clock.h:1: dead"])

    def test_link(self):
        self.write("docs/a.md", "[here](a.md) [gone](b.md#x)\n`[code](c.md)`\n```\n[code](d.md)\n```\n\n[e]: e.md\n")
        self.assertEqual(self.problems(), ["docs/a.md:1: link", "docs/a.md:7: link"])

    def test_path(self):
        self.write("docs/a.md", "/ro" + "ot/x\nbuild/work/x\n/ho" + "me/me/x\nsrc/home/x/\n")
        self.assertEqual(self.problems(), ["docs/a.md:1: path", "docs/a.md:3: path"])

    def test_exceptions_excuse_up_to_their_size(self):
        self.write("src/base/x.cc", "\n" * 850)
        self.write(tidy.EXCEPTIONS, "source-lines src/base/x.cc 850\n")
        self.assertEqual(self.problems(), [])
        self.write("src/base/x.cc", "\n" * 851)
        self.assertEqual(self.problems(), ["src/base/x.cc:1: source-lines"])

    def test_exceptions_only_shrink(self):
        self.write("src/base/x.cc", "\n" * 800)
        self.write(tidy.EXCEPTIONS, "# known sinners\nsource-lines src/base/x.cc 850\n")
        self.assertEqual(self.problems(), [f"{tidy.EXCEPTIONS}:2: exception"])

    @unittest.skipIf(tidy.find_clang_format() is None, "clang-format-19 is not installed")
    def test_format(self):
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.write("src/base/x.cc", "int x;\nint  y;\n")
        self.write("src/base/y.cc", "int y;\n")
        found = tidy.check(self.root, tidy.find_clang_format())
        self.assertEqual([(p.path, p.line, p.rule) for p in found], [("src/base/x.cc", 2, "format")])

    def test_files_git_ignores_are_left_alone(self):
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)
        self.write(".gitignore", "/build/\n/local.cc\n")
        self.write("src/base/x.cc", "\n" * 801)
        self.write("src/base/local_copy.cc", "")
        self.write("build/src/base/y.cc", "\n" * 801)
        self.assertEqual(self.problems(), ["src/base/x.cc:1: source-lines"])


if __name__ == "__main__":
    unittest.main()
