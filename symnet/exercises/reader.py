"""Reads an exercise file (TOML) into a Problem with its title, notation and questions.  It computes nothing.

``load`` reads a file, ``loads`` a text.  Whatever is wrong with it becomes one line that names the file and the key and
says what would be right.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sympy import Rational

from symnet.algebra import optimizers
from symnet.algebra.array_formulas import shape_text
from symnet.algebra.equations import Equation
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.network import Network
from symnet.algebra.optimizers import Optimizer, state_parts
from symnet.algebra.size_formulas import SizeFormulas
from symnet.exercises.array_file import has_arrays, read_arrays
from symnet.exercises.asking import read_questions
from symnet.exercises.exercise import Exercise
from symnet.exercises.formulas import written_out
from symnet.exercises.keys_of_the_file import TO_TRAIN, check_keys
from symnet.exercises.layered_file import in_full, shape_of_inputs, specs_of
from symnet.exercises.rate_rule import scheduled
from symnet.exercises.short_form import layered, short_form
from symnet.exercises.sizes_file import Layers, asks_sizes, sizes_in_full
from symnet.exercises.toml_errors import explained
from symnet.exercises.unused_keys import check_used, in_our_words
from symnet.exercises.updating import Updating, spelled_out, started
from symnet.exercises.vary import read_vary
from symnet.notation.entries import entry_notation
from symnet.notation.names import parse_latex
from symnet.paper.layout import read_layout
from symnet.questions.further import lines_of_all
from symnet.questions.options import PROSE, Asking
from symnet.questions.prose import Vocabulary
from symnet.reading import read_bytes
from symnet.toml_tables import TomlFloat, choice, number, numbers, table_of, tables, text, whole
from symnet.working.arrays import Arrays, owners, part, places, shape_of
from symnet.working.problem import Problem, rules_of

if TYPE_CHECKING:
    from symnet.training.plan import Plan

LARGEST_FILE = 1_000_000  # bytes
MOST_UPDATES = 10_000_000
# Reading the key a.a.a.… takes a time quadratic in its length; looking for it must not.
_DEEP_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){12}""")
_LONG_NUMBER = re.compile(r"(?<![\w-])([\w-]{1,64}+)[ \t]*=[^=\n]{0,200}?[0-9_]{4000}")


def load(path: str | Path) -> Exercise:
    """The exercise in a file, or on standard input for "-".  Raises Mistake."""
    name = "standard input" if str(path) == "-" else str(path)
    raw = read_bytes(path, shown(name, 200) if str(path) != "-" else name, LARGEST_FILE, "exercise")
    try:
        toml = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Mistake(f"{name}: not UTF-8 text (at byte {error.start + 1})") from None
    return loads(toml, name)


def loads(toml: str, name: str = "exercise") -> Exercise:
    """The exercise in a TOML text; ``name`` stands in messages."""
    try:
        return replace(_Reader(_toml(toml), name).exercise(), source=toml)
    except Mistake as mistake:
        raise Mistake(f"{name}: {mistake}") from None


def _toml(toml: str) -> dict[str, Any]:
    if len(toml) > LARGEST_FILE:
        raise Mistake(f"larger than {LARGEST_FILE:,} characters, more than any exercise needs")
    if _DEEP_KEY.search(toml):
        raise Mistake("a dotted key is too deep; tables here are at most two deep")
    try:
        return tomllib.loads(toml, parse_float=TomlFloat)
    except tomllib.TOMLDecodeError as error:
        raise Mistake(explained(toml, error)) from None
    except RecursionError:
        raise Mistake("not TOML: brackets are nested too deep") from None
    except ValueError:
        number = _LONG_NUMBER.search(toml)
        where = number[1] if number else "a number"
        raise Mistake(f"{where} has too many digits; numbers have at most 1,000") from None


class _Reader:
    """Takes the tables of one file apart; every message starts with the key it is about."""

    def __init__(self, toml: dict[str, Any], name: str) -> None:
        self.toml = toml
        self.name = name
        self.layers: Layers | None = None
        self.sizes: SizeFormulas | None = None  # where those are the exercise
        self.every = ""  # the name that stands for every parameter in the rules, if any

    def exercise(self) -> Exercise:
        toml = self.toml = in_our_words(self.toml)
        if not toml:
            raise Mistake("the file is empty; an exercise needs [equations] or [network]")
        check_keys(toml, "")
        check_used(toml)
        for key in ("vary", "data", "training", "sheet"):
            check_keys(table_of(toml, key), key)
        title = text(toml, "title", Path(self.name).stem if self.name != "standard input" else "Exercise")
        tables(toml, "samples")
        if table_of(toml, "network"):
            for key in ("given", "parameters", "equations", "samples"):
                if toml.get(key):
                    raise Mistake(f"{key} and [network] exclude each other; [network] writes the equations itself")
            if asks_sizes(toml):
                toml, self.sizes, self.layers = sizes_in_full(toml)
                self.toml = toml
            elif tables(toml, "layer") and "data" not in toml:
                written = in_full(toml)
                self.layers = shape_of_inputs(table_of(toml, "network")), tuple(specs_of(toml))
                toml = self.toml = written
        elif tables(toml, "layer"):
            raise Mistake("[[layer]] goes with [network], which has the inputs, the targets and the loss")
        elif "data" in toml:
            raise Mistake("[data] goes with [network]; with [equations], give the examples as [[samples]]")
        trains = "data" in toml or any(key in table_of(toml, "training") for key in TO_TRAIN)
        problem = None if "data" in toml else self._problem()
        if problem is not None and self.sizes is not None:
            problem = replace(problem, sizes=self.sizes, has_loss=False)
        names = problem.network.names if problem is not None else ()
        state = problem.state if problem is not None else {}
        notation = self._notation((*names, *state), problem.arrays if problem is not None else {})
        asking = Asking(problem, notation, self.every)
        asked = read_questions(tables(toml, "question"), asking)
        if problem is not None:
            problem = replace(problem, further=lines_of_all(asked, problem))
        exercise = Exercise(
            name=self.name,
            title=title,
            introduction=text(toml, "introduction", ""),
            worked=problem,
            notation=notation,
            questions=asked,
            vary=read_vary(table_of(toml, "vary"), problem),
            plan_of=partial(self._plan, problem),  # which pickle keeps
            trains=trains,
            layers=self.layers,
            says_loss="loss" in toml,
            layout=read_layout(table_of(toml, "sheet"), Path(self.name).parent),
        )
        words = Vocabulary(problem, exercise.notation)
        words.blocks(exercise.introduction, "introduction")  # what is not understood is said at once
        for i, question in enumerate(exercise.questions):
            for key, said in {"text": question.text, **question.options}.items():
                if key in PROSE and isinstance(said, str):
                    words.blocks(said, f"question[{i}].{key}")
        if trains:
            exercise.plan_of()  # what is wrong with it is said at once
        return exercise

    def _problem(self) -> Problem:
        toml = self.toml
        network_table = table_of(toml, "network")
        arrays: Arrays = {}
        of_arrays: tuple[Equation, ...] = ()
        fixed: frozenset[str] = frozenset()
        if not network_table and has_arrays(toml):
            file = read_arrays(toml)
            network, given, start, rows, reduce = file.network, file.given, file.start, file.samples, "mean"
            arrays, of_arrays, fixed = file.arrays, file.whole, file.fixed
        elif network_table:
            dense = short_form(_with_init(network_table, table_of(toml, "training")))
            network, given, start, rows, reduce = dense.network, dense.given, dense.start, dense.samples, dense.reduce
        else:
            given = numbers(table_of(toml, "given"), "given")
            start = numbers(table_of(toml, "parameters"), "parameters")
            rows = tuple(numbers(sample, f"samples[{i}]") for i, sample in enumerate(tables(toml, "samples")))
            network = written_out(table_of(toml, "equations"), given, start, rows)
            reduce = "mean"
        loss = self._loss(network, arrays, of_arrays)
        training = table_of(toml, "training")
        online = choice(training, "mode", ("batch", "online"), "training.") == "online"
        said = choice(training, "reduce", ("mean", "sum"), "training.") if "reduce" in training else ""
        reduce = said or reduce
        sequential = choice(training, "order", ("simultaneous", "sequential"), "training.") == "sequential"
        rate = number(toml["learning_rate"], "learning_rate") if "learning_rate" in toml else None
        updating = self._update(network, loss, rate, sequential, rows if not online else (), arrays)
        self.every = updating.every
        decimals = whole(toml, "round", "", 0, 100) if "round" in toml else None
        return Problem(
            network=network,
            loss=loss or network.equations[-1].name,
            has_loss=bool(loss),
            given=given,
            start=start,
            learning_rate=rate,
            samples=rows,
            updates=_updates(training, online, max(1, len(rows))),
            online=online,
            reduce=reduce,
            sequential=sequential,
            rules=scheduled(training, rate, updating.rules) if start else (),
            state=updating.state if start else {},
            places=decimals,
            layers=layered(network_table, bool(network_table.get("targets")), said) if network_table else None,
            made=updating.made,
            arrays={**arrays, **updating.arrays},
            whole=of_arrays,
            fixed=fixed,
        )

    def _plan(self, problem: Problem | None) -> Plan:
        """The plan of training; imported here, because solving has no use for it."""
        from symnet.exercises.plan import read_plan

        if self.sizes is not None:
            raise Mistake("it asks for the sizes of layers, which need no weights, so there is nothing to train")
        table, training = table_of(self.toml, "update"), table_of(self.toml, "training")
        if "rules" in table:
            raise Mistake("update.rules are worked by symnet solve; to train, name an update.optimizer")
        if "state" in table:
            raise Mistake("update.state is worked by symnet solve; training starts with nothing remembered")
        if "round" in self.toml:
            raise Mistake("round is for working by hand; training rounds nothing, so leave it out to train")
        if choice(training, "order", ("simultaneous", "sequential"), "training.") == "sequential":
            raise Mistake('training.order "sequential" is worked by symnet solve; training updates all at once')
        rate = number(self.toml["learning_rate"], "learning_rate") if "learning_rate" in self.toml else None
        optimizer = self._optimizer(rate) if rate is not None else None
        unit = None
        if problem is not None and not table_of(self.toml, "network"):
            own = problem.network
            last = [equation.name for equation in own.equations].index(problem.loss)
            unit = Network(own.inputs, own.targets, own.parameters, own.equations[: last + 1])
        start = {} if problem is None else problem.start
        rows = () if problem is None else problem.examples
        return read_plan(self.toml, Path(self.name).parent, optimizer, unit, start, rows)

    def _loss(self, network: Network, arrays: Arrays, whole: Sequence[Equation]) -> str:
        """The equation to differentiate; "" where none is named and the last one is an array."""
        names = [equation.name for equation in network.equations]
        loss = text(self.toml, "loss", "" if whole and whole[-1].name in arrays else names[-1])
        if not loss:
            return ""
        if (nested := part(loss, arrays)) is not None:
            if isinstance(nested, tuple):
                raise Mistake(
                    f"loss is {shown(loss)}, which has the shape {shape_text(shape_of(nested))}; what is "
                    f'differentiated is a single number, such as L = "sum({loss})"'
                )
            loss = str(nested)
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
        arrays: Arrays,
    ) -> Updating:
        table = table_of(self.toml, "update")
        if (
            not loss
            and network.parameters
            and ("optimizer" in table or ("update" not in self.toml and rate is not None))
        ):
            last = network.equations[-1].name
            raise Mistake(
                f"nothing says what to go down: {owners(arrays)[last]}, the last equation, is an array, and a loss is "
                'a single number; add one, such as L = "sum(…)", or name it with loss = "…"'
            )
        if "update" not in self.toml:
            return Updating(*rules_of(optimizers.sgd(), network, loss, sequential)) if rate is not None else Updating()
        if ("optimizer" in table) == ("rules" in table):
            raise Mistake('update needs either optimizer = "…" or rules = ["…"]')
        if "rules" in table:
            check_keys(table, "update", without=("optimizer",))
            return spelled_out(table, network, loss, rate, batch, sequential, arrays)
        name = text(table, "optimizer", "", "update.")
        if name in optimizers.CATALOGUE and rate is None and network.parameters:
            raise Mistake(f"update.optimizer {name} needs a learning_rate at the top of the file")
        return started(table, *rules_of(self._optimizer(None), network, loss, sequential), name, arrays)

    def _optimizer(self, rate: Fraction | None) -> Optimizer:
        """The optimizer that [update] names, gradient descent without it; with its rate, or η where that is None."""
        table = table_of(self.toml, "update")
        name = text(table, "optimizer", "sgd", "update.")
        make = optimizers.CATALOGUE.get(name)
        if make is None:
            raise Mistake(f"update.optimizer is {shown(name)}{suggestion(name, optimizers.CATALOGUE)}")
        allowed = [option for option in signature(make).parameters if option != "learning_rate"]
        if "momentum" in table:
            raise Mistake('update.momentum: that is optimizer = "momentum", or "nesterov", with decay = 0.9')
        check_keys(table, "update", allowed, without=("rules",))
        options = {key: number(table[key], f"update.{key}") for key in allowed if key in table}
        if rate is not None:
            options["learning_rate"] = rate
        try:
            return make(**{key: Rational(value.numerator, value.denominator) for key, value in options.items()})
        except Mistake as mistake:
            raise Mistake(f"update: {mistake}") from None

    def _notation(self, names: Collection[str], arrays: Arrays) -> dict[str, str]:
        """LaTeX by name: what the file says, and for the entries of arrays what follows from it."""
        table = table_of(self.toml, "notation")
        known = (*names, *arrays)
        chosen: dict[str, str] = {}
        for name, latex in table.items():
            try:
                entry = part(name, arrays) if name not in known else None
            except Mistake as mistake:
                raise Mistake(f"notation: {mistake}") from None
            meant = entry if isinstance(entry, str) else name
            if meant not in known:
                raise Mistake(f"notation.{shown(name)[1:-1]} is not a name of this exercise{suggestion(name, known)}")
            if not isinstance(latex, str):
                raise Mistake(f'notation.{name} must be LaTeX in quotes, such as "w_{{13}}"')
            try:
                parse_latex(latex)
            except Mistake as mistake:
                raise Mistake(f"notation.{name}: {mistake}") from None
            chosen[meant] = latex
        of_entries: dict[str, str] = {}
        for array, names_of in arrays.items():
            if state_parts(array) is None:
                of_entries |= entry_notation(array, dict(places(names_of)), chosen.get(array))
        return {**of_entries, **chosen}


def _with_init(network: Mapping[str, Any], training: Mapping[str, Any]) -> Mapping[str, Any]:
    """[network] with the init that [training] may say in its place."""
    if "init" not in training:
        return network
    if "init" in network:
        raise Mistake("training.init and network.init exclude each other")
    return {**network, "init": training["init"]}


def _updates(training: Mapping[str, Any], online: bool, samples: int) -> int:
    """How many updates: ``steps`` of them, or ``epochs`` passes over the samples."""
    if "steps" in training and "epochs" in training:
        raise Mistake("training.steps and training.epochs exclude each other; give one")
    if "steps" in training:
        return whole(training, "steps", "training.", 0, MOST_UPDATES)
    epochs = whole(training, "epochs", "training.", 0, MOST_UPDATES) if "epochs" in training else 1
    return epochs * samples if online else epochs
