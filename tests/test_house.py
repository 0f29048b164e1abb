"""The house: which wing imports which, read from the files themselves.

A wing imports only from wings before it in ``WINGS``; no files import one another in a circle; no wing has over a
quarter of the lines.  An import inside a function counts for the direction and not for circles, since it runs later.
"""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

HOUSE = Path(__file__).parent.parent / "symnet"
WINGS = (
    "algebra",
    "beside",  # files.py, reading.py, … that stand in no wing
    "computing",
    "notation",
    "working",
    "diagnosis",
    "training",
    "paper",
    "figures",
    "questions",
    "exercises",
    "sheets",
    "classroom",
    "page",
    "starts",
    "reference",
    "commands",
    "door",  # what people come in by: symnet itself and the command line
)
DOOR = ("symnet", "symnet.__main__", "symnet.cli")
# Methods with which a class offers what is made of it further down; each imports when it is called.
OFFERED = {
    ("symnet.algebra.network", "symnet.computing.prediction"),  # Network.predict
    ("symnet.exercises.exercise", "symnet.sheets.in_code"),  # Exercise.in_code
    ("symnet.exercises.exercise", "symnet.sheets.worksheet"),  # Exercise.worksheet
    ("symnet.reference.topics.python", "symnet"),  # the public names are what it describes
}


class Import(NamedTuple):
    """One module that another imports: when the importer itself is imported, or later, or for types alone."""

    module: str
    at_once: bool


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in sorted(HOUSE.rglob("*.py"))}


def imports_of(code: str, modules: object = MODULES) -> Iterator[Import]:
    """The modules of symnet that a text of Python imports anywhere."""

    def walk(node: ast.AST, at_once: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ImportFrom):
                assert child.level == 0, "imports name the whole way"
                names = [f"{child.module}.{alias.name}" for alias in child.names]
                yield from (Import(name if name in modules else str(child.module), at_once) for name in names)
            elif isinstance(child, ast.Import):
                yield from (Import(alias.name, at_once) for alias in child.names)
            elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                yield from walk(child, False)
            else:
                yield from walk(child, at_once and not isinstance(child, (ast.FunctionDef, ast.Lambda)))

    return (found for found in walk(ast.parse(code), True) if found.module.partition(".")[0] == "symnet")


@cache
def imports() -> dict[str, tuple[Import, ...]]:
    return {name: tuple(imports_of(path.read_text(encoding="utf-8"))) for name, path in MODULES.items()}


def wing_of(module: str) -> str:
    if module in DOOR:
        return "door"
    folder = module.split(".")[1]
    return folder if (HOUSE / folder).is_dir() else "beside"


def is_upward(importer: str, imported: str) -> bool:
    return WINGS.index(wing_of(imported)) > WINGS.index(wing_of(importer))


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_every_wing_is_listed():
    folders = {path.name for path in HOUSE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {*WINGS} - {"beside", "door"}


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_imports_only_from_wings_before_it(wing):
    upward = {
        (module, found.module)
        for module in MODULES
        if wing_of(module) == wing
        for found in imports()[module]
        if is_upward(module, found.module)
    }
    assert upward == {pair for pair in OFFERED if wing_of(pair[0]) == wing}


def test_no_files_import_one_another_in_a_circle():
    assert circle_in({m: {i.module for i in found if i.at_once} - {m} for m, found in imports().items()}) == []


def test_no_wing_has_over_a_quarter_of_the_lines():
    lines = dict.fromkeys(WINGS, 0)
    for module, path in MODULES.items():
        lines[wing_of(module)] += len(path.read_text(encoding="utf-8").splitlines())
    whole = sum(lines.values())
    assert {wing: f"{n / whole:.0%}" for wing, n in lines.items() if n > whole / 4} == {}


def test_these_tests_see_what_they_look_for():
    code = "from symnet.sheets import worksheet\ndef f():\n    import symnet.algebra.network\n"
    assert list(imports_of(code)) == [Import("symnet.sheets.worksheet", True), Import("symnet.algebra.network", False)]
    types = "if TYPE_CHECKING:\n    from symnet.sheets.worksheet import Worksheet\n"
    assert list(imports_of(types)) == [Import("symnet.sheets.worksheet", False)]
    assert is_upward("symnet.algebra.network", "symnet.sheets.worksheet")
    assert not is_upward("symnet.sheets.worksheet", "symnet.algebra.network")
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}}) != []
