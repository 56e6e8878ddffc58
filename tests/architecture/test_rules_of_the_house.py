"""Rules that matter, held by tests."""

import ast
import re
from pathlib import Path

from q2c import wiring
from q2c.kernel.facts import Fact

ROOT = Path(__file__).resolve().parents[2]
OURS = ["q2c", "quotes", "contracts", "orders", "billing", "revenue"]
MONEY = [
    "q2c/kernel",
    *(f"{app}/{room}" for app in OURS[1:] for room in ("rules", "actions", "models")),
]


def sources(*folders: str):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, path.read_text()


def leaves(cls):
    below = cls.__subclasses__()
    return {cls} if not below else set().union(*(leaves(sub) for sub in below))


def test_every_fact_is_on_the_wiring_screen():
    known = {*wiring.NOW, *wiring.LATER, *wiring.NOBODY}
    ours = {fact for fact in leaves(Fact) if fact.__module__.split(".")[0] in OURS}
    assert {fact.__name__ for fact in ours - known} == set()


def test_no_float_comes_near_money():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, text in sources(*MONEY)
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]
    assert found == []


def test_every_row_lock_says_whether_it_locks_keys():
    found = [
        f"{path.relative_to(ROOT)}"
        for path, text in sources(*OURS)
        for call in re.findall(r"select_for_update\(([^)]*)\)", text)
        if "no_key" not in call
    ]
    assert found == []


def test_migrations_import_no_app_code_but_the_guards():
    found = [
        f"{path.relative_to(ROOT)}: {line}"
        for path, text in sources(*OURS)
        if "migrations" in path.parts
        for line in re.findall(rf"^(?:from|import) (?:{'|'.join(OURS)})[. ].*", text, re.MULTILINE)
        if "q2c.infra.guards" not in line
        and not re.search(r"import q2c\.\w+\.models|identity", line)
    ]
    assert found == []


def test_templates_hold_no_inline_script_style_or_handler():
    pages = [
        p for p in (ROOT / "templates").rglob("*.html") if p.parts[-2] not in ("mail", "documents")
    ]
    found = [
        str(page.relative_to(ROOT))
        for page in pages
        if re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.read_text())
    ]
    assert found == []


def test_nothing_marks_text_as_safe():
    pattern = re.compile(r"\|\s*safe\b|mark_safe|autoescape off")
    found = [
        str(path.relative_to(ROOT))
        for path in [*(ROOT / "templates").rglob("*.html"), *(p for p, _ in sources(*OURS))]
        if pattern.search(path.read_text())
    ]
    assert found == []


def test_time_is_an_argument_below_the_doors():
    doors = re.compile(
        r"/(views|management|demo|runtime|api|migrations)/|/(views|api|tasks|handlers|"
        r"apps|mail|portal_session|middleware|context|throttling|authentication)\.py$"
    )
    found = [
        str(path.relative_to(ROOT))
        for path, text in sources(*OURS)
        if re.search(r"timezone\.now\(|datetime\.now\(|date\.today\(", text)
        and not doors.search(f"/{path.relative_to(ROOT)}")
    ]
    assert found == []
