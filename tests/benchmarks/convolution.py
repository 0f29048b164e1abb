"""How long a convolution takes, forward and both gradients: python tests/benchmarks/convolution.py [--rounds N]

A kernel of 3 × 3 on 64 pictures of 28 × 28, 4 to 8 channels, loss ½ Σ Z², in float32 on one thread: code of symnet on
NumPy and JAX, PyTorch's eager code, and ``jax.grad`` of ``conv_general_dilated`` written by hand.  Peers take turns in a
new order every round; figures are medians of the processor's time, and minima in brackets.  A peer whose gradients
differ stops the benchmark.  Timings decide nothing; they are there to be read.
"""

import argparse
import os
import random
import statistics
import time

# Before NumPy is imported.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import numpy as np
import torch
from jax import lax

import symnet
from symnet.algebra.equations import BATCH, ONE, Equation, array, divide, multiply, power, symbol
from symnet.algebra.indices import At, Each, indices_for
from symnet.algebra.matrices import sum_of
from symnet.algebra.network import Network
from symnet.algebra.windows import conv

RATIOS = [("symnet numpy", "torch"), ("symnet jax", "jax.grad")]


def network(stride: int, padding: int) -> Network:
    """Loss = ½ Σ Z² with Z the convolution of D X, where D scales every picture: so there is a gradient in X too."""
    x, k = array("X", BATCH, 4, 28, 28), array("K", 8, 4, 3, 3)
    n, *_ = indices_for(x.shape)
    one = conv(array("x", 4, 28, 28), k, stride, padding)
    definition = one.definition(*one.args)
    body = definition.body.xreplace({})
    from symnet.algebra.sequential import of_batch

    z = array("z", *(i.length for i in definition.indices))
    (equation,) = of_batch([Equation(z, Each(body, *definition.indices))], {"K"})
    given = next(name for name in equation.rhs.free_symbols if name.name == "x")
    loss = Equation(symbol("Loss"), divide(sum_of(power(equation.lhs, 2)), 2))
    return Network((), (), (given, k), (equation, loss))
