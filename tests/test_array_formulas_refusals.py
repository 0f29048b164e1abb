"""What the language of arrays refuses and says would be right; limits, which turn an attack into one clear line."""

from __future__ import annotations

import random
import time

import pytest

from symnet.algebra.array_formulas import Written, key_of, uses_arrays, written
from symnet.algebra.mistakes import Mistake
from symnet.exercises.reader import loads

SHAPES = {
    "X": (3, 2), "W": (2, 2), "v": (2,), "s": (), "A": (2, 3, 2), "ids": (3,), "c": (), "E": (4, 2), "h0": (2,),
    "P": (4, 4), "K": (2, 2), "t": (3,), "M": (3, 3), "wrong": (2,), "half": (1,), "none": (2, 2),
    "row": (1, 2), "column": (3, 1),
}  # fmt: skip
DATA = {
    "ids": [1, 4, 2], "c": 2, "t": [1, 2, 3], "M": [[1, 0, 0], [1, 1, 0], [1, 1, 1]], "wrong": [0, 5], "half": [1.5],
    "none": [[1, 0], [0, 0]],
}  # fmt: skip

# What is typed, and what the line must say: what is wrong, both shapes where they do not fit, and what would be right.
REFUSED = {
    # products
    "W v": ("side by side", "W (2, 2)", "v (2,)", "W @ v", "W * v", '"G[i,j]" = "a[i]*b[j]"'),
    "2 W v": ("side by side", "W @ v"),
    "W (v)": ("side by side",),
    "W X[1]": ("side by side", "X[1] (2,)"),
    "W @ X": ("W (2, 2) @ X (3, 2)", "2 columns", "3 rows", "turned would fit", ".T"),
    "s @ v": ("@ multiplies arrays", "s is a number", "write *"),
    "v @ 2": ("@ multiplies arrays", "2 is a number"),
    "A @ A": ("A (2, 3, 2) @ A (2, 3, 2)",),
    "v.T": (".T turns a matrix", "v (2,)", "a @ b", '"G[i,j]" = "a[i]*b[j]"'),
    "X[1].T": (".T turns a matrix", "X[1] (2,)"),
    "s.T": (".T turns a matrix", "a number"),
    "X^T": ("W.T",),
    "X @": ("ends where a value is expected",),
    "@ X": ("a value is expected here",),
    # entry by entry
    "X + t": ("X (3, 2)", "t (3,)", "equal, or one is the end of the other"),
    "X * W": ("X (3, 2)", "W (2, 2)", "their product is X @ W"),
    "X + row": ("row (1, 2)", "a vector row (2,) goes to every row"),
    "X + column": ("column (3, 1)", '"y[i,j]" = "x[i,j] + column[i,1]"'),
    "column - t": ("column (3, 1)", "t (3,)", "without lengths of 1 both would be (3,)"),
    "max(X, t)": ("X (3, 2)", "t (3,)"),
    "X^t": ("X (3, 2)", "t (3,)"),
    # indices
    "X[0,1]": ("no entry 0", "from 1 to 3"),
    "X[4]": ("no entry 4", "from 1 to 3"),
    "X[-1]": ("no entry -1", "from 1 to 3"),
    "X[1,2,3]": ("X (3, 2) has 2 axes", "3 indices"),
    "s[1]": ("s is a number",),
    "X[s]": ("whole numbers under [given]",),
    "X[1.5]": ("an index is a whole number", "ids[t]"),
    "X[2*c]": ("an index is a whole number",),
    "E[wrong[1]]": ("wrong has 0", "1 to 4", "ids count from 1"),
    "E[half[1]]": ("half has 1.5", "ids count from 1"),
    "E[v[1]]": ("v is used as an index", "under [given]"),
    "X[1": ('"]" is missing',),
    "X[1)": ('"]" is missing',),
    "X[]": ("a value is expected",),
    "X]": ("not expected here",),
    "X[1:2]": ("a whole row is X[1]",),
    # reductions
    "sum[i](X[i,1] + W[i,1])": ("i runs over 3 in X and over 2 in W",),
    "sum[i](s)": ("i stands in no square brackets", "X[i]", "sum[i=1..3](…)"),
    "sum[i,k](X*X)": ("i and k stand in no square brackets", "X[i,k]", "sum[i=1..3,k=1..3](…)"),
    "sum[i,k,u](X[i,1] + W[2*k,2*u])": ("k and u stand alone in no axis", "write them", "sum[i,k=1..3,u=1..3](…)"),
    "X[j]": ("j is no index here", '"y[j]"', "sum[j](…)"),
    "X[i-1,1]": ("i is no index here",),
    "vv[1]": ('did you mean "v"',),
    "missing + 1": ("(known: X, W, v, s,",),
    "sum[i](X[i+1,1])": ("i stands alone in no axis",),
    "sum[i=0..3](X[i,1])": ("i=0..3 goes beyond X",),
    "sum[i=1..4](X[i,1])": ("i=1..4 goes beyond X", "3 entries"),
    "sum[i=3..1](X[i,1])": ("the lower end stands first",),
    "sum[i=1..](s)": ("whole number to another",),
    "sum[i=1.5..2](s)": ("whole number to another",),
    "sum[i=1..s](s)": ("whole number to another",),
    "sum[i,i](X[i,i])": ("i is named twice",),
    "sum[](X)": ("names indices", "sum[i](x[i])"),
    "sum[1](X)": ("names indices",),
    "sum(s)": ("sum takes an array", "s is a number"),
    "mean(X, v)": ("mean takes one array",),
    "sum[t](t[t])": ("t is an index in this formula", "another name"),
    # functions
    "softmax(s)": ("softmax of s ()",),
    "softmax(X, mask=M)": ("mask M (3, 3) of X (3, 2)", "last axes"),
    "softmax(M, mask=X)": ("numbers under [given]",),
    "softmax(W, mask=none)": ("leaves out every entry of a row",),
    "softmax(X, 2)": ("softmax(z, mask=…)",),
    "softmax(X, mask=M, mask=M)": ("given twice",),
    "softmax(X, axis=1)": ('no option "axis"', "mask"),
    "softmax(mask=M, X)": ("options stand last",),
    "softmx(X)": ('did you mean "softmax"',),
    "layer_norm(X, epsilon=1)": ('did you mean "eps"',),
    "layer_norm(s)": ("layer_norm of s",),
    "layer_norm(X, eps=v)": ("eps (2,) must be a number",),
    "concat(X, v)": ("X (3, 2)", "v (2,)", "joins last axes"),
    "concat(X)": ("concat(a, b)",),
    "conv(K, P)": ("K (2, 2) with P (4, 4)", "no window of 4 fits into 2"),
    "conv(P, A)": ("P (4, 4) with A (2, 3, 2)", "as many channels"),
    "conv(P, v)": ("P (4, 4) with v (2,)",),
    "conv(P, K, stride=0)": ("stride must be a whole number from 1 on",),
    "conv(P, K, padding=-1)": ("padding must be a whole number from 0 on",),
    "conv(P, K, bias=v)": ("bias v (2,)", "one number a filter", "()"),
    "conv1d(P, K, 2)": ("conv1d(I, K, stride=…, padding=…, bias=…)",),
    "max_pool(P)": ("max_pool(X, size, stride=…)",),
    "max_pool(v, 2)": ("max_pool of v (2,)",),
    "max_pool(P, 5)": ("no window of 5 × 5 fits",),
    "max_pool(P, s)": ("size of a window must be a whole number",),
    "flatten(s)": ("flatten of s",),
    "embedding(E, wrong)": ("wrong has 0", "ids count from 1"),
    "embedding(E, v)": ("v is used as an index",),
    "embedding(s, ids)": ("s is a number",),
    "embedding(E, ids + 1)": ("the name of ids under [given]", "E[ids[t]]"),
    # what is typed elsewhere
    "X.dot(W)": ("X @ W",),
    "matmul(X, W)": ("A @ B, not matmul(A, B)",),
    "transpose(X)": ("A.T, not transpose(A)",),
    "outer(t, v)": ('"G[i,j]" = "a[i]*b[j]"',),
    "sum(X, axis=1)": ("axis is no option here", '"s[i]" = "sum[j](X[i,j])"'),
    "X.sum()": ("sum(X)",),
    "np.exp(X)": ("write exp",),
    "X = W": ("not expected here",),
    "__import__('os')": ("not known here",),
    "y": ("uses itself",),
    "below": ("below, which is defined below it; move below up",),
    "nothing": ('name "nothing" is not known here', "[given]"),
}  # fmt: skip


def said(formulas, shapes=SHAPES, data=DATA):
    with pytest.raises(Mistake) as caught:
        written(shapes, formulas, data, ["W"])
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("formula", REFUSED)
def test_a_refusal_names_the_line_and_says_what_would_be_right(formula):
    message = said({"y": formula, "below": "1"})
    assert message.startswith("equations.y")
    for words in REFUSED[formula]:
        assert words in message, message


LEFT = {
    "y[1]": ("no index", "y[t]"),
    "y[0]": ("quantity called y0",),
    "y[i,i]": ("i stands there twice",),
    "y[i=2..3]": (
        "starts at 1; write i=1..2, and i+1 for i in the formula",
        "a quantity called y0, which y[i-1] reads",
    ),
    "y[i=0..3]": ("starts at 1; write i=1..4, and i-1 for i in the formula",),
    "y[i=5..3]": ("starts at 1, i=1..3",),
    "y[i=1..0]": ("the lower end stands first",),
    "y[i": ("is not a name",),
    "y i": ("is not a name",),
    "": ("is not a name",),
    "y[]": ("no index",),
    "y[i=1..1000000]": ("10,000 values",),
    "X": ("already the name of an array",),
    "v1": ("already the name of entry 1 of v",),
}


@pytest.mark.parametrize("key", LEFT)
def test_a_left_hand_side_that_is_none_is_refused(key):
    message = said({key: "X[1,1]"})
    assert message.startswith("equations.")
    for words in LEFT[key]:
        assert words in message, message


RECURRENT = {
    "itself at once": ({"h[t]": "X[t] + h[t]"}, ("uses h[t], itself", "h[t-1]")),
    "two steps": ({"h[t]": "X[t] + h[t-2]"}, ("h[t-1]", '"before[t]" = "h[t-1]"')),
    "as a whole": ({"h[t]": "X[t] + h"}, ("uses h as a whole", "h[t-1]")),
    "both ways": ({"h[t]": "X[t] + h[t-1] + h[t+1]"}, ("a step earlier and some a step later",)),
    "a number outside": ({"h[t]": "X[t] + h[0]"}, ("no entry 0", "h0")),
    "below at once": ({"a[t]": "X[t] + b[t]", "b[t]": "X[t]*a[t-1]"}, ("uses b[t]", "b[t-1]")),
    "no range": ({"h[t]": "h[t-1] + 1"}, ("range is not known", "h[t=1..3]")),
    "a start of another shape": ({"h[t]": "P[t]*h[t-1]"}, ("P[t] (4,)", "h[t-1] (2,)")),
    "not neighbours": ({"a[t]": "X[t] + b[t-1]", "m": "1", "b[t]": "a[t]"}, ("b, which is defined below it",)),
    "lengths that differ": ({"a[t]": "X[t,1]*b[t-1]", "b[t]": "P[t,1]*a[t-1]"}, ("3 steps", "4")),
}


@pytest.mark.parametrize("what", RECURRENT)
def test_a_recurrence_that_is_none_is_refused(what):
    formulas, words = RECURRENT[what]
    message = said(formulas)
    for word in words:
        assert word in message, message


def test_two_quantities_of_one_name_are_refused():
    message = said({"y": "b1"}, {"b1": (2,), "b": (2,)}, {})
    assert "b1 is the name of an array and of entry 1 of b" in message
    assert "another name" in message
    assert "q1" in said({"q": "v", "q1": "2"})


LIMITS = {
    "a long range": {"y": "sum[i=1..1000000](i)"},
    "ranges within ranges": {"y": "sum[i=1..9999](sum[j=1..9999](sum[k=1..9999](i*j*k)))"},
    "a giant array": {"y[i=1..999,j=1..999]": "i*j"},
    "a giant convolution": {"y": "conv(P, K, padding=9999)"},
    "products of products": {"y": "@".join(["P"] * 15)},
    "very many products": {"y": "@".join(["P"] * 400)},
    "brackets": {"y": "(" * 400 + "X" + ")" * 400},
    "square brackets": {"y": "E[" * 400},
    "sums in sums": {"y": "sum[i](" * 400},
    "softmax of softmax": {"y": "softmax(" * 12 + "P" + ")" * 12},
    "very many indices": {"y": "X[" + ",".join("1" for _ in range(5000)) + "]"},
    "a product of indices": {"y[i=1..2]": "X[" + "*".join(["(i+1)"] * 90) + "]"},
    "a long formula": {"y": "X + " * 10_000 + "X"},
    "very many factors": {"y": "*".join(["X"] * 500)},
    "very many parts": {"y": "concat(" + ",".join(["v"] * 500) + ")"},
    "a huge index": {"y": "X[" + "9" * 5000 + "]"},
    "a huge range": {"y": "sum[i=1.." + "9" * 5000 + "](i)"},
    "a huge left": {"y[" + ",".join(f"i{k}" for k in range(3000)) + "]": "1"},
}


@pytest.mark.parametrize("what", LIMITS)
def test_a_limit_is_one_clear_line_soon(what):
    started = time.process_time()
    message = said(LIMITS[what])
    assert len(message) < 400
    assert time.process_time() - started < 12


def test_any_text_is_read_or_refused_in_one_line():
    draw = random.Random(5)
    pieces = ["X", "W", "v", "s", "i", "t", "sum[i](", "max(", "softmax(", "conv(", "[", "]", "(", ")", ",", "=", "..",
              "1", "2", "-", "+", "*", "/", "^", "@", ".T", " ", "mask=M", "E[ids[", "h[t-1]", "ᵀ", "|", "√", "½",
              "1.5", "concat(", "\n", "\x00", "'", "é"]  # fmt: skip
    read, lines = 0, []
    for _ in range(1500):
        text = "".join(draw.choice(pieces) for _ in range(draw.choice([1, 2, 3, 3, 4, 5, 6, 9])))
        key = draw.choice(["y", "h[t]", "y[i,j]", "y[i=1..2]"])
        try:
            read += isinstance(written(SHAPES, {key: text}, DATA, ["W"]), Written)
        except Mistake as mistake:
            lines.append(str(mistake))
    assert read > 25
    assert len(lines) > 1000
    assert not any("\n" in line for line in lines)


def test_another_spelling_of_an_entry():
    arrays = {"WQ": (("WQ1_1", "WQ1_2"), ("WQ2_1", "WQ2_2")), "b1": ("b1_1", "b1_2")}
    assert key_of("WQ[1,2]", arrays) == "WQ1_2"
    assert key_of("grad( WQ [ 2 , 1 ] )", arrays) == "grad( WQ2_1 )"
    assert key_of("b1[2]@2", arrays) == "b1_2@2"
    assert key_of("w13", arrays) == "w13"
    assert key_of("other[1]", arrays) == "other[1]"
    for wrong, words in {
        "WQ[0,1]": ("not in WQ (2, 2)",),
        "WQ[1,3]": ("not in WQ (2, 2)",),
        "WQ[1]": ("a part of WQ", "2 indices"),
        "b1[1,1]": ("not in b1 (2,)",),
    }.items():
        with pytest.raises(Mistake) as caught:
            key_of(wrong, arrays)
        assert all(word in str(caught.value) for word in words)


def test_a_file_without_arrays_does_not_need_the_language():
    assert not uses_arrays({"y": "w*x", "z": "max(x, y) @ [1]"}, [1, "1/3", 0.5])
    assert uses_arrays({"y": "w*x"}, [1, [1, 2]])
    assert uses_arrays({"y[t=1..3]": "t"}, [1])
    assert uses_arrays({"y": "sum[i=1..3](x^i)"}, [1])


def test_a_recurrence_over_its_second_index_is_told_which_stands_first():
    toml = '[given]\nx = [[1, 2], [3, 4]]\n[equations]\n"h[n,t]" = "tanh(x[n,t] + h[n,t-1])"\nL = "sum(h)"'
    with pytest.raises(Mistake, match=r"the index of the steps stands first, as in h\[t,n\]"):
        loads(toml)


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("sum(v ∘ v)", "multiplied with *"),
        ("sum(v ⊙ v)", "multiplied with *"),
        ("sum(v .* v)", "entry by entry it is * alone"),
        ("sum(W')", "the transpose is written A.T"),
        ("∑ v", "sum[i](…) over an index"),
        ("np.sum(v)", "a function stands without a library, sum(A)"),
        ("v.sum()", "a function stands in front, sum(v)"),
    ],
)
def test_signs_of_books_and_of_other_languages_are_answered_with_ours(formula, says):
    toml = f'[given]\nv = [1, 2]\nW = [[1, 2], [3, 4]]\n[equations]\nL = "{formula}"'
    with pytest.raises(Mistake) as refused:
        loads(toml)
    assert says in str(refused.value)
