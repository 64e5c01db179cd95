"""The README's table of settings has every variable that the code reads, and no other."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def read_by_code(source):
    """The names in `env("NAME", …)` and `env.kind("NAME", …)`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            if isinstance(function, ast.Name) and function.id == "env":
                yield node.args[0].value


def documented(text):
    """The names that stand first in a row of a table."""
    return re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE)


def test_it_works():
    assert list(read_by_code('A = env("A_NAME", default=1)\nB = env.bool("B_NAME")\nget("C_NAME")')) == [
        "A_NAME",
        "B_NAME",
    ]
    assert documented("| setting | default |\n|---|---|\n| `A_NAME` | `1` |\nand `B_NAME`") == ["A_NAME"]


def test_the_readme_has_them_all_and_no_other():
    sources = [path.read_text() for path in (ROOT / "site" / "config").glob("*.py")]
    names = {name for source in sources for name in read_by_code(source)}
    table = documented((ROOT / "README.md").read_text())
    assert "DATA_DIR" in names
    assert sorted(table) == sorted(names)


def test_nothing_else_reads_the_environment():
    """Only the settings do; what is set for a child process is not a setting."""
    reading = re.compile(r"os\.getenv|os\.environ\.get|= os\.environ\[")
    modules = [path for folder in ("site", "orgs", "articles", "exports") for path in (ROOT / folder).rglob("*.py")]
    assert not [path for path in modules if reading.search(path.read_text())]
