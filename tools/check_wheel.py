#!/usr/bin/env python3
"""check_wheel.py WHEEL: what the wheel has to hold, how large it may be, and that its libraries need no others than
each other, pyarrow's and glibc's. Run by a Python with pyelftools (tools/requirements_wheel.txt)."""

import ast
import email
import io
import re
import sys
import zipfile
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

BYTES_MAX = 20_000_000
SYSTEM = re.compile(r"(libc|libm|libdl|libpthread|librt|libresolv|ld-linux-x86-64|ld-linux-aarch64|libgcc_s|libstdc\+\+)\.so\.\d+")
PYARROW = re.compile(r"lib(arrow|parquet)\w*\.so\.\d+")


def dynamic_tags(data: bytes) -> dict[str, list[str]]:
    """The names of needed libraries, and where they are looked for."""
    found: dict[str, list[str]] = {"DT_NEEDED": [], "DT_RPATH": [], "DT_RUNPATH": []}
    for section in ELFFile(io.BytesIO(data)).iter_sections():
        if isinstance(section, DynamicSection):
            for tag in section.iter_tags():
                if tag.entry.d_tag in found:
                    found[tag.entry.d_tag].append(getattr(tag, tag.entry.d_tag.lower()[3:]))
    return found


def problems_of_libraries(wheel: zipfile.ZipFile) -> list[str]:
    problems = []
    libraries = [name for name in wheel.namelist() if re.search(r"\.so(\.|$)", name)]
    inside = {Path(name).name for name in libraries}
    for name in libraries:
        data = wheel.read(name)
        tags = dynamic_tags(data)
        problems += [
            f"{name} needs {needed}, which is neither in the wheel nor pyarrow's nor the system's"
            for needed in tags["DT_NEEDED"]
            if needed not in inside and not SYSTEM.fullmatch(needed) and not PYARROW.fullmatch(needed)
        ]
        for path in tags["DT_RPATH"] + tags["DT_RUNPATH"]:
            problems += [f"{name} looks for libraries in {p}" for p in path.split(":") if not p.startswith("$ORIGIN")]
        if ELFFile(io.BytesIO(data)).get_section_by_name(".debug_info"):
            problems.append(f"{name} has debug information")
    return problems


def problems_of_contents(wheel: zipfile.ZipFile) -> list[str]:
    names = set(wheel.namelist())
    wanted = ["weft/__init__.py", "weft/__main__.py", "weft/_weft.pyi", "weft/py.typed", "weft/libweft.so.0",
              "weft/include/weft/weft.h", "weft/cmake/WeftConfig.cmake"]
    problems = [f"there is no {name}" for name in wanted if name not in names]
    problems += [f"{name} does not belong into it" for name in names if re.search(r"(_test\.|/tests?/|__pycache__)", name)
                 and "/templates/" not in name]
    for name in names:
        if name.endswith((".py", ".pyi")):
            ast.parse(wheel.read(name), name)
    metadata = email.message_from_bytes(wheel.read(next(n for n in names if n.endswith(".dist-info/METADATA"))))
    needed = [need for need in metadata.get_all("Requires-Dist", []) if "extra ==" not in need]
    if needed != ["pyarrow==26.*"]:
        problems.append(f"it depends on {needed}")
    version = re.search(r"project\(Weft VERSION ([0-9.]+)", Path("CMakeLists.txt").read_text())[1]
    if metadata["Version"] != version:
        problems.append(f"it is of version {metadata['Version']}, and CMakeLists.txt of {version}")
    return problems


def main() -> int:
    path = Path(sys.argv[1])
    size = path.stat().st_size
    with zipfile.ZipFile(path) as wheel:
        problems = problems_of_contents(wheel) + problems_of_libraries(wheel)
    if size >= BYTES_MAX:
        problems.append(f"it has {size} bytes, more than {BYTES_MAX}")
    for problem in problems:
        print(f"{path.name}: {problem}")
    print(f"{path.name}: {size / 1e6:.1f} MB, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
