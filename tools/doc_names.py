"""Reference pages name what the headers declare, all of it and nothing else: each function of a header
below stands on its page as `name(...)`, and each `name(...)` that begins a row of a table there is
declared by one of the page's headers."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = "include/weft/"
# page: its headers. Of a header with a namespace behind it, only what is declared in that namespace.
PAGES = {
    "docs/reference/functions.md": (
        "function_list.h", "arithmetic.h", "math.h", "text.h", "calendar.h", "functions.h", "operators.h",
        "choice.h", "aggregates.h", "windows.h", "rows.h", "lookup.h", "table_ops.h"),
    "docs/reference/modifiers.md": ("modifiers.h", "check.h weft::modifiers"),
}

# As clang-format lays it out: a declaration at namespace level starts its line.
DECLARATION = re.compile(
    r"^(?!(?:using|struct|class|enum|namespace|template|requires|return|extern|static_assert)\b)"
    r"(?:[\w:]+(?:<.*>)?[&*]*\s+)+(?P<name>[a-z]\w*)\(", re.MULTILINE)
# Functions that macros declare: the name is an argument of the macro.
IN_MACROS = (
    re.compile(r"^  (?:one|two|three)\([^,]+, (?!name,)(?P<name>\w+), ", re.MULTILINE),
    re.compile(r"^  WEFT_ZONED\(one, two, \w+, (?P<name>\w+), ", re.MULTILINE),
    re.compile(r"^WEFT_(?:AGGREGATE|CUMULATIVE|ARITHMETIC)\((?P<name>[a-z]\w*),", re.MULTILINE),
)
SPAN = re.compile(r"`([^`\n]+)`")
CALL = re.compile(r"(?<![\w.:])([a-z]\w*)(?:<[\w:, &]+>)?\(")
FIRST_CELL = re.compile(r"^\| *((?:`[^`\n]+`[, ]*)+)\|", re.MULTILINE)


def declared(text, namespace=None):
    """The functions that a header declares, but for those of a namespace `detail`."""
    text = re.sub(r"//.*", lambda comment: comment[0] if "namespace" in comment[0] else "", text)
    text = re.sub(r"^namespace (?:\w+::)*detail \{.*?^\}  // namespace (?:\w+::)*detail$", "", text,
                  flags=re.MULTILINE | re.DOTALL)
    if namespace:
        text = "\n".join(re.findall(rf"^namespace {namespace} {{(.*?)^}}  // namespace {namespace}$", text,
                                    re.MULTILINE | re.DOTALL))
    names = {found["name"] for pattern in IN_MACROS for found in pattern.finditer(text)}
    text = re.sub(r"^#define.*(?:\\\n.*)*", "", text, flags=re.MULTILINE)
    return names | {found["name"] for found in DECLARATION.finditer(text) if found["name"] != "operator"}


def called(text):
    """The functions that code in the text names with their arguments."""
    return {name for span in SPAN.findall(text) for name in CALL.findall(span)}


def problems_of(page, headers):
    """What a page lacks, and what its tables have too much. headers: name -> functions."""
    on_page = called(page)
    for header, names in headers.items():
        for name in sorted(names - on_page):
            yield f"{header} declares {name}(), which does not stand here"
    known = set().union(*headers.values())
    rows = {name for cell in FIRST_CELL.findall(page) for name in called(cell)}
    for name in sorted(rows - known):
        yield f"a table has {name}(), which none of its headers declares"


def main():
    count = 0
    for page, sources in PAGES.items():
        headers = {}
        for source in sources:
            header, _, namespace = source.partition(" ")
            headers[header] = declared((ROOT / HEADERS / header).read_text(), namespace)
            if not headers[header]:
                print(f"{header}: no function found: is the header laid out in another way?")
                count += 1
        for problem in problems_of((ROOT / page).read_text(), headers):
            print(f"{page}: {problem}")
            count += 1
    print(f"doc_names: {len(PAGES)} pages, {count} problems")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
