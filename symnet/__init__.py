"""symnet: neural networks as named SymPy equations, for teaching: the formula that is printed is the formula that runs.

A network is an ordered tuple of named equations (``Network``); its backward pass is another (``backprop``).  ``load``
reads an exercise file, ``exercise.solve()`` works it exactly and ``exercise.worksheet()`` writes the sheet and its key.
``check`` says of numbers worked by hand which slip gives them, ``hint`` helps without telling the right number, and
``quality`` says which slips an exercise cannot see.
``mlp`` makes a network of dense layers, ``sequential`` one of any ``layers``; ``compile`` turns any network into
readable NumPy or JAX code, and ``fit`` trains it.

One-letter names are the subject's own: x input, y output, t target, w weight, b bias, z pre-activation, a activation,
L loss, η learning rate, δ gradient of the loss in a pre-activation.

Importing symnet is quick: SymPy is imported when one of the names below is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from symnet.algebra.shows_as_maths import ShowsAsMaths as _ShowsAsMaths
from symnet.version import __version__ as __version__

if TYPE_CHECKING:
    from symnet.algebra import functions as functions
    from symnet.algebra import layers as layers
    from symnet.algebra import losses as losses
    from symnet.algebra import optimizers as optimizers
    from symnet.algebra.backprop import backprop as backprop
    from symnet.algebra.equations import BATCH as BATCH
    from symnet.algebra.equations import Equation as Equation
    from symnet.algebra.equations import array as array
    from symnet.algebra.functions import define as define
    from symnet.algebra.matrices import matmul as matmul
    from symnet.algebra.matrices import sum_of as sum_of
    from symnet.algebra.mistakes import Mistake as Mistake
    from symnet.algebra.mlp import mlp as mlp
    from symnet.algebra.network import Network as Network
    from symnet.algebra.network import from_expression as from_expression
    from symnet.algebra.optimizers import Optimizer as Optimizer
    from symnet.algebra.optimizers import adadelta as adadelta
    from symnet.algebra.optimizers import adagrad as adagrad
    from symnet.algebra.optimizers import adam as adam
    from symnet.algebra.optimizers import adamax as adamax
    from symnet.algebra.optimizers import adamw as adamw
    from symnet.algebra.optimizers import momentum as momentum
    from symnet.algebra.optimizers import nesterov as nesterov
    from symnet.algebra.optimizers import rmsprop as rmsprop
    from symnet.algebra.optimizers import sgd as sgd
    from symnet.algebra.sequential import sequential as sequential
    from symnet.algebra.sequential import summary as summary
    from symnet.algebra.sharing import shared as shared
    from symnet.algebra.unrolling import unroll as unroll
    from symnet.classroom.checking.check import check as check
    from symnet.classroom.checking.hints import hint as hint
    from symnet.classroom.marking.marks import mark as mark
    from symnet.classroom.quality import quality as quality
    from symnet.classroom.variants.keys import load_key as load_key
    from symnet.classroom.variants.sampling import variant as variant
    from symnet.classroom.variants.sampling import with_numbers as with_numbers
    from symnet.computing.compile import Step as Step
    from symnet.computing.compile import compile as compile
    from symnet.computing.pytorch import from_torch as from_torch
    from symnet.computing.pytorch import to_torch as to_torch
    from symnet.exercises.exercise import Exercise as Exercise
    from symnet.exercises.reader import load as load
    from symnet.exercises.reader import loads as loads
    from symnet.reference import describe as describe
    from symnet.sheets.exam import together as together
    from symnet.training import data as data
    from symnet.training import plots as plots
    from symnet.training.crosscheck import crosscheck as crosscheck
    from symnet.training.crosscheck import verify as verify
    from symnet.training.datafile import read_csv as read_csv
    from symnet.training.fit import fit as fit
    from symnet.training.progress import Progress as Progress
    from symnet.training.run import Run as Run
    from symnet.training.run import load_parameters as load_parameters
    from symnet.working.problem import Problem as Problem
    from symnet.working.solution import Solution as Solution
    from symnet.working.solution import solve as solve

_OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "adamax", "adadelta")
_HOMES = {
    "functions": "symnet.algebra.functions",
    "layers": "symnet.algebra.layers",
    "losses": "symnet.algebra.losses",
    "optimizers": "symnet.algebra.optimizers",
    "backprop": "symnet.algebra.backprop",
    "Equation": "symnet.algebra.equations",
    "BATCH": "symnet.algebra.equations",
    "array": "symnet.algebra.equations",
    "matmul": "symnet.algebra.matrices",
    "sum_of": "symnet.algebra.matrices",
    "mlp": "symnet.algebra.mlp",
    "sequential": "symnet.algebra.sequential",
    "summary": "symnet.algebra.sequential",
    "unroll": "symnet.algebra.unrolling",
    **dict.fromkeys(_OPTIMIZERS, "symnet.algebra.optimizers"),
    "compile": "symnet.computing.compile",
    "Step": "symnet.computing.compile",
    "Optimizer": "symnet.algebra.optimizers",
    "Progress": "symnet.training.progress",
    "Run": "symnet.training.run",
    "from_torch": "symnet.computing.pytorch",
    "to_torch": "symnet.computing.pytorch",
    "fit": "symnet.training.fit",
    "crosscheck": "symnet.training.crosscheck",
    "verify": "symnet.training.crosscheck",
    "load_parameters": "symnet.training.run",
    "data": "symnet.training.data",
    "plots": "symnet.training.plots",
    "read_csv": "symnet.training.datafile",
    "define": "symnet.algebra.functions",
    "Mistake": "symnet.algebra.mistakes",
    "Network": "symnet.algebra.network",
    "from_expression": "symnet.algebra.network",
    "shared": "symnet.algebra.sharing",
    "Exercise": "symnet.exercises.exercise",
    "check": "symnet.classroom.checking.check",
    "describe": "symnet.reference",
    "hint": "symnet.classroom.checking.hints",
    "quality": "symnet.classroom.quality",
    "load": "symnet.exercises.reader",
    "loads": "symnet.exercises.reader",
    "load_key": "symnet.classroom.variants.keys",
    "variant": "symnet.classroom.variants.sampling",
    "with_numbers": "symnet.classroom.variants.sampling",
    "mark": "symnet.classroom.marking.marks",
    "together": "symnet.sheets.exam",
    "Problem": "symnet.working.problem",
    "Solution": "symnet.working.solution",
    "solve": "symnet.working.solution",
}


def _bundle(*arguments: Any) -> dict[str, Any]:
    """What Jupyter shows; what makes it is imported when Jupyter asks."""
    shown: dict[str, Any] = import_module("symnet.sheets.display").bundle(*arguments)
    return shown


_ShowsAsMaths.bundle = _bundle


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'symnet' has no attribute {name!r}")
    module = import_module(_HOMES[name])
    value = module if _HOMES[name].endswith(f".{name}") and not hasattr(module, name) else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
