"""How long a convolution takes, forward and both gradients: python tests/benchmarks/convolution.py [--rounds N]

A kernel of 3 × 3 on 64 pictures of 28 × 28, 4 to 8 channels, loss ½ Σ (Z − T)², in float32 on one thread: code of
symnet on NumPy and JAX, PyTorch's eager code, and ``jax.grad`` of ``conv_general_dilated`` written by hand.  Peers take
turns in a new order every round; figures are medians of the processor's time, and minima in brackets.  A peer whose
gradients differ stops the benchmark.  Timings decide nothing; they are there to be read.
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
from sympy import Integer

import symnet
from symnet.algebra.equations import Equation, add, array, divide, multiply, negate, power, symbol
from symnet.algebra.indices import At, Each, Index, Sum
from symnet.algebra.matrices import sum_of
from symnet.algebra.network import Network

RATIOS = [("symnet numpy", "torch"), ("symnet jax", "jax.grad")]


def network(stride: int, padding: int) -> Network:
    """Loss = ½ Σ (Z − T)² with Z the convolution of X and K, both of which are parameters."""
    side = (28 + 2 * padding - 3) // stride + 1
    x, k = array("X", 64, 4, 28, 28), array("K", 8, 4, 3, 3)
    z, t = (array(name, 64, 8, side, side) for name in "ZT")
    i, d, p, q, e, u, v = (Index(name, n) for name, n in zip("idpqeuv", (64, 8, side, side, 4, 3, 3), strict=True))
    read = At(x, i, e, stride * p + u - padding, stride * q + v - padding)
    product = Each(Sum(multiply(At(k, d, e, u, v), read), e, u, v), i, d, p, q)
    loss = divide(sum_of(power(add(z, negate(t)), Integer(2))), Integer(2))
    return Network((t,), (), (x, k), (Equation(z, product), Equation(symbol("Loss"), loss)))


def peers(stride: int, padding: int):
    """{name: a step that gives the gradients in X and K}."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 4, 28, 28)).astype("float32")
    k = rng.normal(size=(8, 4, 3, 3)).astype("float32")
    net = network(stride, padding)
    t = rng.normal(size=[int(n) for n in net.inputs[0].shape]).astype("float32")
    steps = {backend: symnet.compile(net, backend) for backend in ("numpy", "jax")}

    def by_symnet(backend):
        own = (lambda a: a) if backend == "numpy" else jax.numpy.asarray
        params, target = {"X": own(x), "K": own(k)}, own(t)

        def step():
            slopes = jax.block_until_ready(steps[backend](params, target, None)[1])
            return slopes["X"], slopes["K"]

        return step

    leaves = [torch.tensor(a, requires_grad=True) for a in (x, k)]

    def by_torch():
        for leaf in leaves:
            leaf.grad = None
        z = torch.nn.functional.conv2d(*leaves, stride=stride, padding=padding)
        (((z - torch.tensor(t)) ** 2).sum() / 2).backward()
        return tuple(leaf.grad for leaf in leaves)

    def loss(x, k):
        pads = ((padding, padding),) * 2
        z = lax.conv_general_dilated(x, k, (stride,) * 2, pads, dimension_numbers=("NCHW", "OIHW", "NCHW"))
        return ((z - t) ** 2).sum() / 2

    slopes = jax.jit(jax.value_and_grad(loss, (0, 1)))
    of_jax = [jax.numpy.asarray(a) for a in (x, k)]
    by_hand = lambda: jax.block_until_ready(slopes(*of_jax))[1]  # noqa: E731
    return {
        "symnet numpy": by_symnet("numpy"),
        "torch": by_torch,
        "symnet jax": by_symnet("jax"),
        "jax.grad": by_hand,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    for stride, padding in ((1, 1), (1, 0), (2, 1)):
        steps = peers(stride, padding)
        right = [np.asarray(g) for g in steps["jax.grad"]()]
        for name, step in steps.items():
            for mine, other in zip(step(), right, strict=True):
                if np.abs(np.asarray(mine) - other).max() > 1e-4 * np.abs(other).max():
                    raise SystemExit(f"{name} gives other gradients")
        times: dict[str, list[float]] = {name: [] for name in steps}
        for _ in range(rounds):
            for name in random.sample([*steps], len(steps)):
                start = time.process_time()
                steps[name]()
                times[name].append(1e3 * (time.process_time() - start))
        print(f"stride {stride}, padding {padding}, ms a step")
        for name, found in times.items():
            print(f"    {name:14}{statistics.median(found):8.2f} [{min(found):.2f}]")
        for one, other in RATIOS:
            by_round = statistics.median(a / b for a, b in zip(times[one], times[other], strict=True))
            print(f"    {one} / {other}: {by_round:.2f} [{min(times[one]) / min(times[other]):.2f}]")


if __name__ == "__main__":
    main()
