"""Pickle, copy and deepcopy give back the very same formulas, in this process and in another."""

import copy
import multiprocessing
import pickle
import subprocess
import sys

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import symnet
from symnet.algebra import functions
from symnet.algebra.cases import Cases
from symnet.algebra.equations import Equation, add, array, multiply, power, symbol
from symnet.training.classes import Classes

WAYS = [
    lambda what: pickle.loads(pickle.dumps(what)),
    lambda what: pickle.loads(pickle.dumps(what, protocol=2)),
    copy.copy,
    copy.deepcopy,
]

leaves = st.sampled_from([symbol("x"), symbol("w1"), array("W", 2, 3), *map(sympy.Integer, (0, 1, 2, -1))]) | st.builds(
    sympy.Rational, st.integers(-9, 9), st.integers(1, 9)
)


def grown(parts):
    some = st.lists(parts, min_size=2, max_size=4)
    one = st.sampled_from([functions.relu, functions.sigmoid, functions.exp, functions.abs])
    return (
        some.map(lambda terms: add(*terms))
        | some.map(lambda factors: multiply(*factors))
        | st.builds(power, parts, st.sampled_from([*map(sympy.Integer, (-1, 0, 1, 2))]) | parts)
        | st.builds(lambda f, z: f(z), one, parts)
        | st.builds(lambda f, z: f(z).fdiff(), one, parts)
        | st.builds(lambda a, b, c: Cases((a, sympy.StrictGreaterThan(b, c, evaluate=False)), (c, True)), *[parts] * 3)
    )


def same(a, b):
    """Equal, and written alike to the last bracket."""
    return a == b and type(a) is type(b) and sympy.srepr(a) == sympy.srepr(b)


@settings(max_examples=300, deadline=None)
@given(st.recursive(leaves, grown, max_leaves=20))
def test_any_tree_comes_back_unevaluated(expr):
    line = Equation(symbol("y"), expr)
    for way in WAYS:
        assert same(way(expr), expr)
        assert way(line) == line
        assert hash(way(line)) == hash(line)


def test_what_sympy_evaluated_stays_what_it_is():
    x, y = sympy.symbols("x y")
    for expr in (x + 2 * y - 3, x * y / 2, sympy.sqrt(x), (x + 1) ** 2 * sympy.sin(x)):
        for way in WAYS:
            assert way(expr) == expr
            assert way(expr) - expr == 0
            assert way(expr).is_commutative


def written(thing):
    return str(thing.rules if isinstance(thing, symnet.Optimizer) else thing)


def things():
    net = symnet.Network.parse("L = 2*3*d*1*d + relu(d)*max(d, w)", ["w"])
    layers = symnet.mlp([2, 3, 1], "relu")
    x = sympy.Symbol("x", positive=True)
    foreign = symnet.from_expression(sympy.atan2(x, 2) + sympy.Piecewise((x, x > 1), (sympy.sinh(x), True)))
    yield from (net, net.backward, net.equations, layers, layers.backward, foreign, foreign.backward)
    yield from (symnet.adam(0.1), symnet.sgd(), symnet.momentum("1/3", decay=0.5), symnet.losses.huber)
    yield Classes(("a", "b"))
    yield symnet.compile(layers)


@pytest.mark.parametrize("thing", [*things()], ids=lambda thing: type(thing).__name__)
def test_everything_made_of_formulas_comes_back_equal(thing):
    for way in WAYS:
        assert way(thing) == thing
        assert written(way(thing)) == written(thing)


def test_a_network_of_sympy_remembers_how_it_was_written():
    x = sympy.Symbol("x", positive=True)
    net = symnet.from_expression(sympy.sqrt(x) * 2)
    for way in WAYS:
        assert way(net).expression() == net.expression()
        assert way(net).expression().free_symbols == {x}


def test_an_exercise_a_solution_and_a_run_go_on_where_they_were():
    exercise = symnet.load("worksheets/relu.toml")
    net = symnet.mlp([2, 3, 1])
    X = np.ones((4, 2))
    run = symnet.fit(net, X, X[:, :1], optimizer=symnet.adam(0.1), steps=5)
    for way in WAYS:
        again = way(exercise)
        assert again.solve() == way(exercise.solve()) == exercise.solve()
        assert again.source == exercise.source
        more = [symnet.fit(net, X, X[:, :1], params=r, optimizer=symnet.adam(0.1), steps=5) for r in (run, way(run))]
        assert (more[0].losses == more[1].losses).all()
        assert (run.predict(X) == way(run).predict(X)).all()
        assert symnet.compile(way(net)).source == symnet.compile(net).source


def test_a_function_of_a_user_comes_back_the_same_where_it_is_known_and_is_made_where_it_is_not(monkeypatch):
    monkeypatch.setattr(functions, "CATALOGUE", dict(functions.CATALOGUE))
    own = symnet.define(
        "wavy", "z*sin(z) + 1", derivative=lambda y, z: add(functions.sin(z), multiply(z, functions.cos(z)))
    )
    net = symnet.Network.parse("L = wavy(w*x)^2", ["w"])
    text = pickle.dumps((net, net.backward))
    assert pickle.loads(text) == (net, net.backward)
    assert type(pickle.loads(text)[0].equations[0].rhs.base) is own
    code = (
        "import pickle, sys, symnet\n"
        "net, backward = pickle.loads(sys.stdin.buffer.read())\n"
        "print(net.backward == backward, *backward, sep='; ')\n"
        "print(symnet.compile(net)({'w': 0.5}, [[2.0]])[1]['w'])\n"
    )
    there = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, check=True).stdout.decode()
    lines = there.splitlines()
    assert lines[0] == "; ".join(["True", *map(str, net.backward)])
    assert float(lines[1]) == pytest.approx(float(symnet.compile(net)({"w": 0.5}, [[2.0]])[1]["w"]))


def sent_back(thing):
    return thing, written(thing)


def test_processes_that_start_afresh_send_them_back():
    net = symnet.Network.parse("L = 2*3*d*1*d + relu(d)*max(d, w)", ["w"])
    sent = [net, net.backward, symnet.adam(0.1)]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for thing, (back, text) in zip(sent, pool.map(sent_back, sent), strict=True):
            assert back == thing
            assert text == written(thing)


@pytest.mark.parametrize("way", WAYS)
def test_networks_of_layers_keep_their_layers(way):
    la = symnet.layers
    net = symnet.sequential(3, [la.residual([la.dense(3)]), la.dropout(0.5, [1, 0, 1])], loss="squared_error")
    again = way(net)
    assert again == net
    assert again.summary() == net.summary()
