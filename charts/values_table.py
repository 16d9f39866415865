"""The table of values in the chart's README, from the comments of values.yaml.

`python charts/values_table.py CHART` writes it anew between the two marks of CHART/README.md;
`--check` only says whether it is as it should be, by the exit code.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

BEGIN: Final = "<!-- values: written by `make docs` -->\n"
END: Final = "<!-- end of the values -->\n"


def rows(text: str) -> Iterator[tuple[str, str, str]]:
    """Path, default and description of each value, in the file's order.

    A value is a leaf, or a mapping whose default is empty; its comment stands right above it.

    Args:
        text: A values.yaml in block style, whose nested mappings stand on lines of their own.
    """
    values = yaml.safe_load(text)
    path: list[str] = []
    comment: list[str] = []
    for line in text.splitlines():
        key = re.match(r"^( *)([A-Za-z]+):", line)
        if line.strip().startswith("#"):
            comment.append(line.strip().lstrip("# "))
        elif key:
            del path[len(key[1]) // 2 :]
            path.append(key[2])
            value = _at(values, path)
            if line.rstrip() != f"{key[1]}{key[2]}:":
                yield ".".join(path), json.dumps(value), " ".join(comment)
            comment = []
        elif not line.strip():
            comment = []


def _at(values: Any, path: list[str]) -> Any:
    for name in path:
        values = values[name]
    return values


def table(text: str) -> str:
    """The table as Markdown."""
    lines = ["| value | default | |", "|---|---|---|"]
    for name, default, description in rows(text):
        words = description.replace("|", "\\|")
        lines.append(f"| `{name}` | `{default}` | {words} |")
    return "\n".join(lines) + "\n"


def with_table(readme: str, values: str) -> str:
    """The README with the table of these values.

    Raises:
        ValueError: It lacks a mark.
    """
    before, mark, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"README.md: needs the lines {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}\n{table(values)}\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit code."""
    folder = Path(arguments[0])
    readme = folder / "README.md"
    present = readme.read_text(encoding="utf-8")
    wanted = with_table(present, (folder / "values.yaml").read_text(encoding="utf-8"))
    if "--check" in arguments:
        return int(present != wanted)
    readme.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
