"""Published hand-worked exercises: every printed figure, to its printed digits.

``published/NAME.toml`` is an exercise as its source works it, ``NAME.expected.json`` names the source and the figures
it prints.  A figure that the source itself has from rounded intermediates carries a remark and the true leading digits.
"""

import json
import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "published"
EXERCISES = sorted(path.stem for path in FOLDER.glob("*.toml"))


def figure_in(answer, place):
    """``history[3].forward`` → the table of numbers there."""
    for key in place.split("."):
        name, _, index = key.partition("[")
        answer = answer[name]
        if index:
            answer = answer[int(index.rstrip("]"))]
    return answer


def rounds_to(value, printed):
    """Whether the value rounds, or truncates as some authors do, to the digits printed."""
    shown = Decimal(printed)
    unit = Decimal(1).scaleb(shown.as_tuple().exponent)
    return any(value.quantize(unit, rounding) == shown for rounding in (ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_DOWN))


@pytest.mark.parametrize("name", EXERCISES)
def test_every_published_figure_is_reproduced(name, command):
    expected = json.loads((FOLDER / f"{name}.expected.json").read_text(encoding="utf-8"))
    code, out, err = command("solve", FOLDER / f"{name}.toml", "--json", *expected.get("options", []))
    assert code == 0, err
    answer = json.loads(out)
    wrong = []
    for figure in expected["figures"]:
        decimal = figure_in(answer, figure["in"])[figure["name"]]["decimal"]
        if "exact_prefix" in figure:
            digits = min(len(decimal), len(figure["exact_prefix"]))
            right = decimal[: digits - 1] == figure["exact_prefix"][: digits - 1]
        else:
            right = rounds_to(Decimal(decimal), figure["printed"])
        if not right:
            wrong.append((figure, decimal))
    assert not wrong


def test_a_wrong_figure_is_noticed():
    assert rounds_to(Decimal("0.59999"), "0.6000")
    assert not rounds_to(Decimal("0.59899"), "0.6000")


def test_every_file_names_its_source():
    for name in EXERCISES:
        expected = json.loads((FOLDER / f"{name}.expected.json").read_text(encoding="utf-8"))
        assert re.search(r"\w", expected["source"])
        assert expected["figures"]
