"""Reads an exercise file (TOML) into a Problem with its title, notation and questions.  It computes nothing.

``load`` reads a file, ``loads`` a text.  Whatever is wrong with it becomes one line that names the file and the key and
says what would be right.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from inspect import signature
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sympy import Rational

from symnet.algebra import losses, optimizers
from symnet.algebra.dense import bias_name, dense, parameter_shapes, weight_name
from symnet.algebra.equations import Equation, names_in, partial, replace, symbol
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.network import Network
from symnet.algebra.parsing import exact_number, is_name, parse
from symnet.working.problem import Problem, rules_of

if TYPE_CHECKING:
    from symnet.sheets.worksheet import Worksheet
    from symnet.working.solution import Solution

LARGEST_FILE = 1_000_000  # bytes
MOST_UPDATES = 10_000_000
_DEEP_KEY = re.compile(r"(?:[A-Za-z0-9_-]+[ \t]*\.[ \t]*){12}")  # reading a.a.a.… takes time quadratic in its length

_TOP = (
    "title", "introduction", "learning_rate", "loss", "round", "given", "parameters", "equations", "notation",
    "training", "samples", "update", "question", "vary", "network", "data",
)  # fmt: skip
_NETWORK = ("layers", "activation", "output", "loss", "weights", "init", "seed", "inputs", "targets")
_TRAINING = (
    "steps", "epochs", "mode", "reduce", "order", "batch_size", "patience", "schedule", "dtype", "init",
)  # fmt: skip
_QUESTION = ("ask", "of", "wrt", "points", "style", "text")


@dataclass(frozen=True)
class Question:
    """One thing a sheet asks for: a kind (forward, gradient, update, …) and what of."""

    ask: str
    of: tuple[str, ...] = ()
    wrt: tuple[str, ...] = ()
    points: Fraction | None = None
    style: str = ""
    text: str = ""


@dataclass(frozen=True)
class Exercise:
    """An exercise as its author wrote it."""

    name: str
    title: str
    introduction: str
    problem: Problem
    notation: Mapping[str, str]
    questions: tuple[Question, ...]
    vary: Mapping[str, Any]
    layers: tuple[int, ...] = ()

    def solve(self, digits: int = 12, history: bool = False) -> Solution:
        """The numbers of this exercise, right to ``digits`` significant digits."""
        from symnet.working.solution import solve

        return solve(self.problem, digits, history)

    def worksheet(self, digits: int = 6, style: str = "") -> Worksheet:
        """The sheet and its key: ``.save("relu.tex")``, ``.save("relu.tex", key="relu-key.tex")``."""
        from symnet.sheets.worksheet import worksheet

        return worksheet(self, digits=digits, style=style)


class _Float(str):
    """A TOML float as it is written, so that 0.1 is 1/10."""


def load(path: str | Path) -> Exercise:
    """The exercise in a file, or on standard input for "-".  Raises Mistake."""
    name = "standard input" if str(path) == "-" else str(path)
    try:
        if str(path) == "-":
            raw = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with open(path, "rb") as file:
                raw = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise Mistake(f"{shown(name, 200)}: there is no such file") from None
    except IsADirectoryError:
        raise Mistake(f"{shown(name, 200)} is a folder; name the exercise file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be read"
        raise Mistake(f"{shown(name, 200)}: {reason}") from None
    if len(raw) > LARGEST_FILE:
        raise Mistake(f"{name}: larger than {LARGEST_FILE:,} bytes, which no exercise needs")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Mistake(f"{name}: not UTF-8 text (at byte {error.start + 1})") from None
    return loads(text, name)


def loads(text: str, name: str = "exercise") -> Exercise:
    """The exercise in a TOML text; ``name`` stands in messages."""
    try:
        return _Reader(_toml(text), name).exercise()
    except Mistake as mistake:
        raise Mistake(f"{name}: {mistake}") from None


def _toml(text: str) -> dict[str, Any]:
    if len(text) > LARGEST_FILE:
        raise Mistake(f"larger than {LARGEST_FILE:,} characters, which no exercise needs")
    if _DEEP_KEY.search(text):
        raise Mistake("a dotted key is too deep; tables here are at most two deep")
    try:
        return tomllib.loads(text, parse_float=_Float)
    except tomllib.TOMLDecodeError as error:
        why = str(error).replace("Cannot overwrite a value", "A name stands twice in one table")
        raise Mistake(f"not TOML: {''.join(c if c.isprintable() else '?' for c in why)}") from None
    except RecursionError:
        raise Mistake("not TOML: brackets are nested too deep") from None
    except ValueError:
        raise Mistake("not TOML: a number has too many digits") from None


class _Reader:
    """Takes the tables of one file apart; every message starts with the key it is about."""

    def __init__(self, toml: dict[str, Any], name: str) -> None:
        self.toml = toml
        self.name = name

    def exercise(self) -> Exercise:
        toml = self.toml
        if not toml:
            raise Mistake("nothing is in it; an exercise needs [equations] or [network]")
        _known_keys(toml, _TOP, "")
        title = _text(toml, "title", Path(self.name).stem if self.name != "standard input" else "Exercise")
        samples = _tables(toml, "samples")
        network_table = _table(toml, "network")
        layers: tuple[int, ...] = ()
        if network_table:
            for key in ("given", "parameters", "equations", "samples"):
                if toml.get(key):
                    raise Mistake(f"{key} and [network] exclude each other; [network] writes the equations itself")
            network, given, start, rows, reduce = _short_form(network_table)
            layers = tuple(network_table["layers"])
        else:
            given = _numbers(_table(toml, "given"), "given")
            start = _numbers(_table(toml, "parameters"), "parameters")
            rows = tuple(_numbers(sample, f"samples[{i}]") for i, sample in enumerate(samples))
            network = _written_out(_table(toml, "equations"), given, start, rows)
            reduce = "mean"
        loss = self._loss(network)
        training = _table(toml, "training")
        _known_keys(training, _TRAINING, "training.")
        online = _choice(training, "mode", ("batch", "online"), "training.") == "online"
        reduce = _choice(training, "reduce", ("mean", "sum"), "training.", reduce)
        sequential = _choice(training, "order", ("simultaneous", "sequential"), "training.") == "sequential"
        rate = _number(toml["learning_rate"], "learning_rate") if "learning_rate" in toml else None
        rules, state = self._update(network, loss, rate, sequential, rows if not online else ())
        places = _whole(toml, "round", "", 0, 100) if "round" in toml else None
        problem = Problem(
            network=network,
            loss=loss,
            given=given,
            start=start,
            learning_rate=rate,
            samples=rows,
            updates=_updates(training, online, max(1, len(rows))),
            online=online,
            reduce=reduce,
            sequential=sequential,
            rules=rules if start else (),
            state=state if start else {},
            places=places,
        )
        return Exercise(
            name=self.name,
            title=title,
            introduction=_text(toml, "introduction", ""),
            problem=problem,
            notation=self._notation((*network.names, *state)),
            questions=self._questions(network.names),
            vary=_table(toml, "vary"),
            layers=layers,
        )

    def _loss(self, network: Network) -> str:
        names = [equation.name for equation in network.equations]
        loss = _text(self.toml, "loss", names[-1])
        if loss not in names:
            raise Mistake(f"loss is {shown(loss)}, which is not an equation{suggestion(loss, names)}")
        return loss

    def _update(
        self,
        network: Network,
        loss: str,
        rate: Fraction | None,
        sequential: bool,
        batch: tuple[Mapping[str, Fraction], ...],
    ) -> tuple[tuple[Equation, ...], dict[str, Fraction]]:
        table = _table(self.toml, "update")
        if "update" not in self.toml:
            if rate is None:
                return (), {}
            return rules_of(optimizers.sgd(), network, loss, sequential)
        if ("optimizer" in table) == ("rules" in table):
            raise Mistake('update needs either optimizer = "…" or rules = ["…"]')
        if "rules" in table:
            _known_keys(table, ("rules", "state"), "update.")
            return _spelled_out(table, network, loss, rate, batch)
        name = _text(table, "optimizer", "", "update.")
        make = optimizers.CATALOGUE.get(name)
        if make is None:
            raise Mistake(f"update.optimizer is {shown(name)}{suggestion(name, optimizers.CATALOGUE)}")
        allowed = [option for option in signature(make).parameters if option != "learning_rate"]
        _known_keys(table, ("optimizer", *allowed), "update.")
        if rate is None and network.parameters:
            raise Mistake(f"update.optimizer {name} needs a learning_rate at the top of the file")
        options = {key: _number(table[key], f"update.{key}") for key in allowed if key in table}
        try:
            optimizer = make(**{key: Rational(value.numerator, value.denominator) for key, value in options.items()})
        except Mistake as mistake:
            raise Mistake(f"update: {mistake}") from None
        return rules_of(optimizer, network, loss, sequential)

    def _notation(self, names: Collection[str]) -> dict[str, str]:
        from symnet.working.notation import parse_latex

        table = _table(self.toml, "notation")
        for name, latex in table.items():
            if name not in names:
                raise Mistake(f"notation.{name} is not a name of this exercise{suggestion(name, names)}")
            if not isinstance(latex, str):
                raise Mistake(f'notation.{name} must be LaTeX in quotes, such as "w_{{13}}"')
            try:
                parse_latex(latex)
            except Mistake as mistake:
                raise Mistake(f"notation.{name}: {mistake}") from None
        return dict(table)

    def _questions(self, names: Collection[str]) -> tuple[Question, ...]:
        from symnet.sheets import questions as kinds

        questions = []
        for i, table in enumerate(_tables(self.toml, "question")):
            where = f"question[{i}]."
            _known_keys(table, _QUESTION, where)
            ask = _text(table, "ask", "", where)
            if ask not in kinds.CATALOGUE:
                raise Mistake(f"{where}ask is {shown(ask)}{suggestion(ask, kinds.CATALOGUE)}")
            asked: dict[str, tuple[str, ...]] = {}
            for key in ("of", "wrt"):
                value = table.get(key, [])
                asked[key] = tuple(value if isinstance(value, list) else [value])
                for name in asked[key]:
                    if not isinstance(name, str) or name not in names:
                        raise Mistake(f"{where}{key} is {shown(name)}; it must be a name{suggestion(str(name), names)}")
            points = _number(table["points"], f"{where}points") if "points" in table else None
            style = _choice(table, "style", ("paths", "deltas"), where) if "style" in table else ""
            questions.append(Question(ask, asked["of"], asked["wrt"], points, style, _text(table, "text", "", where)))
        return tuple(questions)


# -- equations and rules ----------------------------------------------------------------------------------------------


def _written_out(
    table: Mapping[str, Any],
    given: Mapping[str, Fraction],
    start: Mapping[str, Fraction],
    samples: tuple[Mapping[str, Fraction], ...],
) -> Network:
    if not table:
        raise Mistake('equations is missing or empty; write [equations] with lines like y = "w*x + b"')
    for name in start:
        if name in given:
            raise Mistake(f"parameters.{name} is also under [given]; a name stands for one quantity")
    inputs = dict.fromkeys(given)
    for i, sample in enumerate(samples):
        for name in sample:
            if name in start or name in table:
                place = "[parameters]" if name in start else "[equations]"
                raise Mistake(f"samples[{i}].{name} is under {place}; samples replace what is under [given]")
        inputs.update(dict.fromkeys(sample))
    for name in inputs:
        for i, sample in enumerate(samples):
            if name not in given and name not in sample:
                raise Mistake(f"samples[{i}].{name} is missing, and [given] has no value for it")
    known = {*inputs, *start}
    formulas: dict[str, str] = {}
    for name, formula in table.items():
        where = f"equations.{name}"
        if not is_name(name):
            raise Mistake(f"{where[:80]}: a name is letters, digits and _, not starting with a digit")
        if name in known:
            place = "[parameters]" if name in start else "[given]"
            raise Mistake(f"{where} is also under {place}; a name stands for one quantity")
        if isinstance(formula, (int, _Float)) and not isinstance(formula, bool):
            formula = str(formula)
        if not isinstance(formula, str):
            raise Mistake(f'{where} must be a formula in quotes, such as "w*x + b"')
        formulas[name] = formula
    equations: list[Equation] = []
    everything = {**dict.fromkeys(known), **dict.fromkeys(formulas)}
    for name, formula in formulas.items():
        try:
            rhs = parse(formula, everything)
        except Mistake as mistake:
            raise Mistake(f"equations.{name}: {mistake}") from None
        equations.append(Equation(symbol(name), rhs))
    _in_order(equations, known)
    return Network(tuple(symbol(name) for name in inputs), (), tuple(symbol(name) for name in start), tuple(equations))


def _in_order(equations: list[Equation], known: Collection[str]) -> None:
    """Each equation may use only what stands above it; otherwise say whether moving a line would help."""
    uses = {equation.name: [name.name for name in names_in(equation.rhs)] for equation in equations}
    defined = set(known)
    for equation in equations:
        for name in uses[equation.name]:
            if name in defined:
                continue
            if name == equation.name:
                raise Mistake(f"equations.{equation.name} uses itself, a cycle; a new value needs a new name")
            circle = _way(uses, name, equation.name)
            if circle:
                arrows = " → ".join([equation.name, *circle])
                raise Mistake(f"equations.{equation.name} uses {name}, a cycle: {arrows}")
            raise Mistake(f"equations.{equation.name} uses {name}, which is defined below it; move {name} up")
        defined.add(equation.name)


def _way(uses: Mapping[str, list[str]], start: str, goal: str) -> list[str]:
    """The names from start to goal along what uses what; empty where there is no way."""
    came_from: dict[str, str] = {start: ""}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            way = [name]
            while came_from[way[0]]:
                way.insert(0, came_from[way[0]])
            return way
        for used in uses.get(name, []):
            if used not in came_from:
                came_from[used] = name
                waiting.append(used)
    return []


def _spelled_out(
    table: Mapping[str, Any],
    network: Network,
    loss: str,
    rate: Fraction | None,
    batch: tuple[Mapping[str, Fraction], ...],
) -> tuple[tuple[Equation, ...], dict[str, Fraction]]:
    """The rules of [update] as equations, and the starting state."""
    state = _numbers(_table(table, "state", "update."), "update.state")
    parameters = {name.name for name in network.parameters}
    fixed = set(network.names) - parameters
    for name in state:
        if name in network.names:
            raise Mistake(f"update.state.{name} is a name of the exercise already; choose another")
    lines = table["rules"]
    if not isinstance(lines, list) or not lines:
        raise Mistake('update.rules must be a list like ["w = w - lr*grad(w)"]')
    known = {**dict.fromkeys(network.names), **dict.fromkeys(state), "lr": None}
    # In a batch these differ from sample to sample, so a rule cannot see them; the loss is the combined one.
    several = {equation.name for equation in network.equations} - {loss} | {name for row in batch for name in row}

    def gradient(name: str) -> Any:
        if name not in network.names:
            raise Mistake(
                f"grad({name}): {shown(name)} is not a name of this exercise{suggestion(name, network.names)}"
            )
        return partial(loss, name)

    rules = []
    for i, line in enumerate(lines):
        where = f"update.rules[{i}]"
        if not isinstance(line, str) or "=" not in line:
            raise Mistake(f'{where} must be a line like "w = w - lr*grad(w)"')
        name, _, formula = (part.strip() for part in line.partition("="))
        if not is_name(name):
            raise Mistake(f"{where}: {shown(name)} is not a name")
        if name in fixed or (name == "lr" and rate is not None):
            what = "the learning rate" if name == "lr" else "given" if symbol(name) in network.inputs else "an equation"
            raise Mistake(f"{where} assigns {name}, which is {what}; a rule changes parameters, state or a new name")
        try:
            rhs = parse(formula, known, {"grad": gradient})
        except Mistake as mistake:
            raise Mistake(f"{where}: {mistake}") from None
        for used in names_in(rhs):
            if len(batch) > 1 and used.name in several:
                raise Mistake(f'{where} uses {used}, which differs between samples; use grad(…) or mode = "online"')
        if "lr" not in network.names and "lr" not in state:
            if rate is None and symbol("lr") in names_in(rhs):
                raise Mistake(f"{where} uses lr, but there is no learning_rate; add it at the top of the file")
            rhs = replace(rhs, {symbol("lr"): optimizers.LEARNING_RATE})
        rules.append(Equation(symbol(name), rhs))
        known[name] = None
    return tuple(rules), state


# -- the short form ---------------------------------------------------------------------------------------------------

_ShortForm = tuple[
    Network, dict[str, Fraction], dict[str, Fraction], tuple[dict[str, Fraction], ...], str
]  # network, given, start, samples, reduce


def _short_form(table: Mapping[str, Any]) -> _ShortForm:
    _known_keys(table, _NETWORK, "network.")
    layers = table.get("layers")
    if not isinstance(layers, list) or not all(type(width) is int and 0 < width <= 10_000 for width in layers):
        raise Mistake("network.layers must be a list of widths, such as [3, 4, 1]")
    targets = _matrix(table, "targets", layers[-1] if layers else 0)
    loss = _text(table, "loss", "half_squared_error", "network.") if targets or "loss" in table else None
    try:
        network = dense(
            layers,
            _text(table, "activation", "tanh", "network."),
            _text(table, "output", "linear", "network."),
            loss,
        )
    except Mistake as mistake:
        raise Mistake(f"network.{mistake}") from None
    inputs = _matrix(table, "inputs", layers[0])
    if not inputs:
        raise Mistake(f"network.inputs is missing; give a list of rows of {layers[0]} numbers, as in [[2, 3, -1]]")
    if loss is not None and len(targets) != len(inputs):
        raise Mistake(
            f"network.targets has {len(targets)} rows but inputs has {len(inputs)}; each input needs a target"
        )
    if loss == "root_squared_error" and len(inputs) > 1:
        raise Mistake("network.loss root_squared_error is one root over the whole batch; give a single row of inputs")
    rows = []
    for i, row in enumerate(inputs):
        values = {f"x{j + 1}": value for j, value in enumerate(row)}
        values |= {f"t{k + 1}": value for k, value in enumerate(targets[i] if targets else [])}
        rows.append(values)
    start = _start(table, layers)
    ordered = {name.name: start[name.name] for name in network.parameters}
    return network, rows[0], ordered, tuple(rows) if len(rows) > 1 else (), losses.REDUCTION[loss] if loss else "sum"


def _start(table: Mapping[str, Any], layers: list[int]) -> dict[str, Fraction]:
    """{"w1_2_3": value} from weights = {W1 = [[…]], b1 = […]} or from init and seed."""
    shapes = parameter_shapes(layers)
    if "weights" in table and "init" in table:
        raise Mistake("network.weights and network.init exclude each other")
    if "init" in table:
        from symnet.algebra.initial import draw

        seed = _whole(table, "seed", "network.", 0, 2**32) if "seed" in table else 0
        arrays: dict[str, Any] = draw(shapes, _text(table, "init", "", "network."), seed)
    else:
        arrays = _table(table, "weights", "network.")
        _known_keys(arrays, tuple(shapes), "network.weights.")
    start: dict[str, Fraction] = {}
    for layer, (width_in, width) in enumerate(pairwise(layers), 1):
        weights = _matrix(arrays, f"W{layer}", width, "network.weights.")
        if len(weights) != width_in:
            raise Mistake(
                f"network.weights.W{layer} has {len(weights)} rows; layer {layer} needs {width_in} (one for each unit "
                f"below) of {width} numbers"
            )
        biases = _matrix({f"b{layer}": [arrays.get(f"b{layer}", [])]}, f"b{layer}", width, "network.weights.")[0]
        for i, row in enumerate(weights):
            for j, value in enumerate(row):
                start[weight_name(layer, i + 1, j + 1)] = value
        for j, value in enumerate(biases):
            start[bias_name(layer, j + 1)] = value
    return start


def _matrix(table: Mapping[str, Any], key: str, width: int, where: str = "network.") -> list[list[Fraction]]:
    rows = table.get(key, [])
    if not isinstance(rows, list):
        raise Mistake(f"{where}{key} must be a list of rows of {width} numbers")
    for row in rows:
        if not isinstance(row, list) or len(row) != width:
            count = f"{len(row)} numbers" if isinstance(row, list) else shown(row)
            raise Mistake(f"{where}{key} has a row of {count}; each needs {width}")
    return [[_number(value, f"{where}{key}[{i}]") for value in row] for i, row in enumerate(rows)]


# -- values of a table ------------------------------------------------------------------------------------------------


def _known_keys(table: Mapping[str, Any], known: Collection[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise Mistake(f"{where}{shown(key)[1:-1]} is not a key here{suggestion(key, known)}")


def _table(parent: Mapping[str, Any], key: str, where: str = "") -> dict[str, Any]:
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise Mistake(f"{where}{key} must be a table, [{where}{key}]")
    return value


def _tables(parent: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = parent.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Mistake(f"{key} must be a list of tables, each under [[{key}]]")
    return value


def _text(table: Mapping[str, Any], key: str, default: str, where: str = "") -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or isinstance(value, _Float):
        raise Mistake(f"{where}{key} must be text in quotes")
    return value


def _choice(table: Mapping[str, Any], key: str, choices: tuple[str, ...], where: str, default: str = "") -> str:
    value = table.get(key, default or choices[0])
    if value not in choices:
        raise Mistake(f"{where}{key} is {shown(value)}; it must be {' or '.join(f'{c!r}' for c in choices)}")
    return str(value)


def _whole(table: Mapping[str, Any], key: str, where: str, least: int, most: int) -> int:
    value = table[key]
    if type(value) is not int or not least <= value <= most:
        raise Mistake(f"{where}{key} is {shown(value)}; it must be a whole number from {least} to {most:,}")
    return value


def _numbers(table: Mapping[str, Any], where: str) -> dict[str, Fraction]:
    for name in table:
        if not is_name(name):
            raise Mistake(f"{where}.{shown(name)}: a name is letters, digits and _, not starting with a digit")
    return {name: _number(value, f"{where}.{name}") for name, value in table.items()}


def _number(value: Any, where: str) -> Fraction:
    """Exactly the number written, bare or in quotes."""
    if isinstance(value, str):
        try:
            return exact_number(value)
        except Mistake as mistake:
            raise Mistake(f"{where}: {mistake}") from None
    if type(value) is int:
        if value.bit_length() > 3_400:
            raise Mistake(f"{where} has too many digits; numbers have at most 1,000")
        return Fraction(value)
    raise Mistake(f'{where} is {shown(value)}; it must be a number like 2, 0.10 or "1/3"')


def _updates(training: Mapping[str, Any], online: bool, samples: int) -> int:
    """How many updates: ``steps`` of them, or ``epochs`` passes over the samples."""
    if "steps" in training and "epochs" in training:
        raise Mistake("training.steps and training.epochs exclude each other; give one")
    if "steps" in training:
        return _whole(training, "steps", "training.", 0, MOST_UPDATES)
    epochs = _whole(training, "epochs", "training.", 0, MOST_UPDATES) if "epochs" in training else 1
    return epochs * samples if online else epochs
