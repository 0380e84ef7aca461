"""Code in the documentation is code that CI builds: a block that follows a line `<!-- from FILE -->`
has to stand in that file, word for word. Blocks of cpp that name no file are errors."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(?:<!-- from (?P<file>[^ ]+) -->\n)?```(?P<language>\w*)\n(?P<code>.*?)^```$",
                   re.MULTILINE | re.DOTALL)


def problems_of(text, read):
    """What is wrong with one page; read(file) gives the text of a file, or None."""
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        if not block["file"]:
            if block["language"] == "cpp":
                yield line, "a block of C++ without `<!-- from FILE -->` above it"
            continue
        source = read(block["file"])
        if source is None:
            yield line, f"{block['file']} does not exist"
        elif block["code"] not in source:
            yield line, f"the block does not stand in {block['file']} as it is here"


def read(file):
    path = ROOT / file
    return path.read_text() if path.is_file() else None


def main():
    pages = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                           cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    count = 0
    for page in pages:
        for line, message in problems_of((ROOT / page).read_text(), read):
            print(f"{page}:{line}: {message}")
            count += 1
    print(f"doc_snippets: {len(pages)} pages, {count} problems")
    return 1 if count or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
