"""Training on several devices and in several processes gives what one device gives."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

COMMON = """
import json, sys, warnings
import numpy as np, symnet
random = np.random.default_rng(0)
X = random.uniform(-1, 1, (70, 3))
Y = np.sin(2 * X.sum(axis=1, keepdims=True))
net = symnet.mlp([3, 4, 1], "tanh", "linear", "mean_squared_error")
start = net.init(seed=1)

def fit(*given, optimizer=symnet.adam(0.0625), **options):
    return symnet.fit(net, *given, params=start, optimizer=optimizer, backend="jax", **options)

def batches():
    for i in range(30):
        yield X[i:i + 16], Y[i:i + 16]

def numbers(run):
    return {
        "losses": run.losses.tolist(),
        "params": np.concatenate([value.ravel() for value in run.params.values()]).tolist(),
        "validation": run.validation.tolist(),
        "said": [run.steps, run.best_epoch, run.stopped],
    }
"""

RUNS = """
import jax
opposite = (X[:6], -Y[:6])
found = {
    "devices": len(jax.devices()),
    "full batch": numbers(fit(X[:16], Y[:16], steps=40)),
    "full batch, schedule": numbers(fit(X[:16], Y[:16], steps=40, schedule="lr/(1 + t)")),
    "mini-batches": numbers(fit(X, Y, epochs=4, batch_size=16, seed=2)),
    "mini-batches, left over": numbers(fit(X, Y, steps=13, batch_size=16, seed=2)),
    "validation": numbers(fit(X, Y, epochs=60, batch_size=16, validation=opposite, patience=3)),
    "share held back": numbers(fit(X, Y, epochs=9, validation=0.2)),
    "fresh": numbers(fit(batches(), steps=30)),
    "ten rows": numbers(fit(X[:10], Y[:10], steps=20)),
    "seven rows": numbers(fit(X[:7], Y[:7], steps=20)),
    "one row": numbers(fit(X[:1], Y[:1], steps=20)),
    "float32": numbers(fit(X[:16].astype(np.float32), Y[:16], steps=5)),
}
"""

SHARDING = """
from symnet.computing.training_loops.jax import JaxLoop
def spread(rows, size=None):
    loop = JaxLoop(net, symnet.sgd(0.1), start, (X[:rows], Y[:rows]), (), size)
    x = loop.examples[0]
    lengths = sorted({shard.data.shape[0] for shard in x.addressable_shards})
    return [len(x.sharding.device_set), x.sharding.is_fully_replicated, lengths]
found["spread"] = [spread(16), spread(10), spread(7), spread(70, 16)]
one = JaxLoop(net, symnet.sgd(0.1), start, (X[:16], Y[:16]), (), None, jax.devices()[:2])
found["two"] = len(one.examples[0].sharding.device_set)
"""

DIVERGED = """
with warnings.catch_warnings():
    warnings.simplefilter("ignore", RuntimeWarning)
    found["diverged"] = numbers(fit(X, Y, epochs=100, batch_size=16, optimizer=symnet.sgd(1000000)))
"""

SHARED = """
import jax
by_processes = {
    "processes": jax.process_count(),
    "full batch": numbers(fit(X[:16], Y[:16], steps=150)),
    "mini-batches": numbers(fit(X[:64], Y[:64], epochs=3, batch_size=16)),
    "validation": numbers(fit(X[:64], Y[:64], epochs=40, batch_size=16, validation=(X[:6], -Y[:6]), patience=3)),
    "fresh": numbers(fit(batches(), steps=30)),
}
"""

PRINTED = """
print(json.dumps(found))
"""


def started(script, *arguments, devices=1):
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count={devices}"
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
    )


def finished(children, timeout=240):
    """What the children printed; none of them outlives this."""
    try:
        results = [child.communicate(timeout=timeout) for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
    for child, (_, err) in zip(children, results, strict=True):
        assert child.returncode == 0, err[-3000:]
    return [json.loads(out.splitlines()[-1]) for out, _ in results]


@pytest.fixture(scope="module")
def on():
    """{number of devices: what was found there}; one process on one device does what two of them will share, too."""
    script = COMMON + RUNS + DIVERGED
    alone, eight = script + SHARED + 'found["alone"] = by_processes', script + SHARDING
    children = [started(alone + PRINTED, devices=1), started(eight + PRINTED, devices=8)]
    return dict(zip((1, 8), finished(children), strict=True))


def agree(one, other, within=1e-12):
    assert one["said"] == other["said"]
    assert one["losses"]
    for part in ("losses", "params", "validation"):
        assert one[part] == pytest.approx(other[part], rel=within, abs=within)


@pytest.mark.parametrize(
    "case",
    ["full batch", "full batch, schedule", "mini-batches", "mini-batches, left over", "validation", "share held back",
     "fresh", "ten rows", "seven rows", "one row"],
)  # fmt: skip
def test_eight_devices_give_what_one_gives(on, case):
    assert (on[1]["devices"], on[8]["devices"]) == (1, 8)
    agree(on[1][case], on[8][case])


def test_the_cases_are_what_they_say(on):
    assert on[8]["mini-batches"]["said"][0] == 20
    assert "stopped early" in on[8]["validation"]["said"][2]
    losses = on[8]["float32"]["losses"]
    assert losses == pytest.approx(on[8]["full batch"]["losses"][:5], rel=1e-5)
    assert losses != on[8]["full batch"]["losses"][:5]


def test_rows_are_spread_over_as_many_devices_as_divide_them(on):
    sixteen, ten, seven, mini = on[8]["spread"]
    assert sixteen == [8, False, [2]]
    assert ten == [5, False, [2]]
    assert seven == [7, False, [1]]
    assert mini[0] == 8
    assert on[8]["two"] == 2


def test_a_diverging_run_of_mini_batches_ends_alike_on_eight_devices(on):
    # 70 rows in batches of 16 leave 6, which 8 devices cannot share.
    one, eight = on[1]["diverged"], on[8]["diverged"]
    assert "stopped at step" in one["said"][2]
    agree(one, eight, 1e-6)


DISTRIBUTED = """
import sys, jax
jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.distributed.initialize(
    coordinator_address=f"127.0.0.1:{sys.argv[1]}", num_processes=2, process_id=int(sys.argv[2]),
    initialization_timeout=120,
)
"""


def test_two_processes_give_what_one_gives(on):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = str(listening.getsockname()[1])
    script = DISTRIBUTED + COMMON + SHARED + "found = by_processes" + PRINTED
    first, second = finished([started(script, port, str(i)) for i in range(2)])
    single = on[1]["alone"]
    assert [found["processes"] for found in (single, first, second)] == [1, 2, 2]
    for case in ("full batch", "mini-batches", "validation", "fresh"):
        assert first[case] == second[case]
        agree(single[case], first[case], 1e-9)
