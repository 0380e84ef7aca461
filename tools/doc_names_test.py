#!/usr/bin/env python3
"""doc_names.py finds what headers declare and pages lack, and leaves the rest alone."""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
import doc_names  # noqa: E402

HEADER = """\
/// A header: not_this(one).
namespace weft {
namespace detail {
int hidden(int x);
}  // namespace detail
using Binding = std::pair<const std::string, int>;
struct Window {
  int member(int x);
};
inline double half(double x) { return whole(x) / 2; }
template <class To, class From>
std::optional<To> try_cast(From value);
Aggregate<detail::middle_t<X>> mean(const X& x) {
  return detail::aggregate(x);
}
#define WEFT_LIFT(result, name) \\
  result name(const X& x);
WEFT_AGGREGATE(count, Symbolic, int64_t)
WEFT_ARITHMETIC(operator+, "add")
WEFT_CUMULATIVE(cumulative_sum, "sum", Symbolic, int64_t)
}  // namespace weft
namespace weft::modifiers {
CheckSpec warn(CheckSpec spec);
}  // namespace weft::modifiers
"""
LIST = """\
#define WEFT_MATH_FUNCTIONS(one, two)        \\
  one(double, exp, double, "e to the x.")    \\
  two(double, pow, double, double, "x to y.")
#define WEFT_ZONED(one, two, result, name, summary) \\
  one(result, name, Time, summary)
  WEFT_ZONED(one, two, int64_t, year, "The year.")
"""


class DocNamesTest(unittest.TestCase):
    def test_what_a_header_declares(self):
        self.assertEqual(doc_names.declared(HEADER),
                         {"half", "try_cast", "mean", "count", "cumulative_sum", "warn"})
        self.assertEqual(doc_names.declared(HEADER, "weft::modifiers"), {"warn"})
        self.assertEqual(doc_names.declared(LIST), {"exp", "pow", "year"})

    def test_what_a_page_names(self):
        page = "| `exp(x)`, `cast<To>(x)` | as `step<&f>(\"f\")` | pow(x) and `mean` and `x.by(keys)`\n"
        self.assertEqual(doc_names.called(page), {"exp", "cast", "step"})

    def test_a_name_that_the_page_lacks(self):
        self.assertEqual(list(doc_names.problems_of("`exp(x)`, not pow(x)\n", {"a.h": {"exp", "pow"}})),
                         ["a.h declares pow(), which does not stand here"])

    def test_a_row_of_a_name_that_is_gone(self):
        page = "| function | |\n|---|---|\n| `exp(x)`, `gone(x)` | as `somewhere(else)` |\n"
        self.assertEqual(list(doc_names.problems_of(page, {"a.h": {"exp"}})),
                         ["a table has gone(), which none of its headers declares"])

    def test_headers_and_pages_are_there(self):
        for page, headers in doc_names.PAGES.items():
            self.assertTrue((doc_names.ROOT / page).is_file(), page)
            for header in headers:
                self.assertTrue((doc_names.ROOT / doc_names.HEADERS / header.partition(" ")[0]).is_file(), header)


if __name__ == "__main__":
    unittest.main()
