"""Makes worksheets/answers/relu.csv: thirty invented students, whose slips are made with the numbers of the sheet.

python tests/make_answers.py
"""

import csv
import io
from fractions import Fraction
from pathlib import Path

import symnet
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.exercises.asked import asked_keys

FOLDER = Path(__file__).parent.parent / "worksheets"
FILE = FOLDER / "answers/relu.csv"

# Who did what: nothing wrong, a slip (its id and its place), or an arithmetic mistake that no slip explains.
RIGHT = ["Ada Okafor", "Bo Lindqvist", "Chiara Conti", "Dmitri Volkov", "Esi Mensah", "Farid Haddad", "Grace O'Neill"]
SLIPS = {
    ("updated-weights", ""): [
        "Hana Sato", "Ivo Novák", "Jun Park", "Katya Sokolova", "Luca Moretti", "Mina Rahimi", "Noor Aziz",
        "Olu Adeyemi", "Paula Ferreira", "Quentin Moreau", "Rosa Delgado",
    ],
    ("no-slope", "at y4"): ["Sven Berg", "Tala Haddad"],
    ("no-slope", "at every unit"): ["Uma Pillai"],
    ("uphill", "(added the change instead of subtracting it)"): ["Viktor Horváth", "Wen Li"],
    ("no-learning-rate", ""): ["Xenia Papadaki"],
    ("negative-passed", "at y4"): ["Yusuf Demir"],
    ("gradient-for-weight", ""): ["Zoë van Dijk"],
}  # fmt: skip
WRONG = {"Anders Holm": {"x5": "11"}, "Beatriz Souza": {"Loss": "55"}, "Çelik, Deniz": {"x3": "-5"}}
UNFINISHED = ["Dana Weiss"]  # stopped after the forward pass


def answers():
    """{student: {key: answer}}."""
    exercise = symnet.load(FOLDER / "relu.toml")
    hypotheses = Hypotheses(exercise.problem)
    right = hypotheses.right(exercise.problem)
    told = {(hypothesis.id, hypothesis.at): values for hypothesis, values in hypotheses.wrong(exercise.problem)}
    keys = asked_keys(exercise)
    found = dict.fromkeys(RIGHT, right)
    for slip, names in SLIPS.items():
        found |= dict.fromkeys(names, told[slip])
    for name, wrong in WRONG.items():  # and all that follows from it is right
        numbers = {key: Fraction(number) for key, number in wrong.items()}
        found[name] = hypotheses.right(exercise.problem, numbers) | numbers
    found |= dict.fromkeys(UNFINISHED, right)
    return {
        name: {key: "" if name in UNFINISHED and ("w" in key) else written(values[key]) for key in keys}
        for name, values in sorted(found.items())
    }


def written(value):
    return str(value) if value.denominator == 1 else f"{float(value):g}"


def text():
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    rows = answers()
    writer.writerow(["student", *next(iter(rows.values()))])
    writer.writerows([name, *row.values()] for name, row in rows.items())
    return file.getvalue()


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
