"""Worked solutions that were published with wrong figures, and some without: what ``check`` says of each figure.

``published/wrong/NAME.toml`` is the exercise as its source means it; ``NAME.printed.json`` names the source and holds
the figures it prints.  Which are wrong, and why, was found out by redoing the printed arithmetic, before ``check`` was
asked: "carried" follows from an earlier wrong figure, and "" has a cause that no slip is.
"""

import json
from pathlib import Path

import pytest

import symnet

FOLDER = Path(__file__).parent / "published" / "wrong"
SOURCES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", SOURCES)
def test_figures_in_print(name):
    page = json.loads((FOLDER / f"{name}.printed.json").read_text(encoding="utf-8"))
    figures = page["right"] | {key: printed for key, (printed, _) in page["wrong"].items()}
    verdicts = symnet.check(symnet.load(FOLDER / f"{name}.toml"), figures).verdicts
    assert {key for key, verdict in verdicts.items() if verdict.verdict == "wrong"} == set(page["wrong"])
    for key, (_, cause) in page["wrong"].items():
        said = [found.id for found in verdicts[key].slips]
        assert cause in said if cause else not said, key


def test_there_are_pages_with_and_without_wrong_figures():
    wrong = [json.loads(path.read_text(encoding="utf-8"))["wrong"] for path in FOLDER.glob("*.json")]
    assert len([figures for figures in wrong if figures]) >= 15
    assert len([figures for figures in wrong if not figures]) >= 4
