"""Whole small jobs, each in a process of its own, cold: CPU seconds from start to the last loss, interleaved.

    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python tests/benchmarks/first_result.py [ROUNDS]

Jobs: 3-4-4-1 on four rows for 1,000 steps of gradient descent, and 64-64-10 on scikit-learn's digits for 10 epochs of
Adam.  Peers: a ``lax.scan`` written by hand in JAX, and PyTorch where it is installed.  "warm" is a second process
that finds what the first has compiled; a scan by hand has no such cache.  What a process costs that does not train
stands below: the imports with nothing done after them but the data read, and one addition on JAX that it finds
compiled, which is the least that anything on JAX can cost.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile

SMALL = """
X = np.array([[2, 3, -1], [3, -1, 0.5], [0.5, 1, 1], [1, 1, -1]], np.float32)
Y = np.array([[1], [-1], [-1], [1]], np.float32)
"""
DIGITS = """
from sklearn.datasets import load_digits
X, y = load_digits(return_X_y=True)
X, Y = (X / 16).astype(np.float32), np.eye(10, dtype=np.float32)[y]
"""
SYMNET = {
    "small": """
net = symnet.mlp([3, 4, 4, 1], activation="tanh", output="tanh", loss="squared_error")
run = symnet.fit(net, X, Y, optimizer=symnet.sgd(0.05), steps=1000, backend=BACKEND)
print(run.losses[-1])
""",
    "digits": """
net = symnet.mlp([64, 64, 10], activation="relu", output="softmax", loss="cross_entropy")
run = symnet.fit(net, X, Y, optimizer=symnet.adam(1e-3), epochs=10, batch_size=32, backend=BACKEND)
print(run.losses[-1])
""",
}
SCAN = {
    "small": """
def init(k, sizes):
    return [(rng.uniform(-1, 1, (a, b)).astype(np.float32) / a**0.5, np.zeros(b, np.float32))
            for a, b in zip(sizes, sizes[1:])]
rng = np.random.default_rng(0)
def loss(p):
    a = X
    for W, b in p:
        a = jnp.tanh(a @ W + b)
    return ((a - Y) ** 2).sum()
def step(p, _):
    value, g = jax.value_and_grad(loss)(p)
    return jax.tree.map(lambda w, d: w - 0.05 * d, p, g), value
p, losses = jax.jit(lambda p: jax.lax.scan(step, p, None, length=1000))(init(0, [3, 4, 4, 1]))
print(np.asarray(losses)[-1])
""",
    "digits": """
rng = np.random.default_rng(0)
p = [(rng.uniform(-1, 1, (a, b)).astype(np.float32) / a**0.5, np.zeros(b, np.float32))
     for a, b in ((64, 64), (64, 10))]
def loss(p, x, t):
    (W1, b1), (W2, b2) = p
    z = jax.nn.relu(x @ W1 + b1) @ W2 + b2
    return -(t * jax.nn.log_softmax(z)).sum(1).mean()
def step(carry, rows):
    p, m, v, t = carry
    value, g = jax.value_and_grad(loss)(p, X_[rows], Y_[rows])
    t = t + 1
    m = jax.tree.map(lambda a, d: 0.9 * a + 0.1 * d, m, g)
    v = jax.tree.map(lambda a, d: 0.999 * a + 0.001 * d * d, v, g)
    p = jax.tree.map(lambda w, a, b: w - 1e-3 * (a / (1 - 0.9**t)) / (jnp.sqrt(b / (1 - 0.999**t)) + 1e-8), p, m, v)
    return (p, m, v, t), value
X_, Y_ = jnp.asarray(X), jnp.asarray(Y)
zero = jax.tree.map(np.zeros_like, p)
rows = np.concatenate([rng.permutation(len(X))[: len(X) // 32 * 32].reshape(-1, 32) for _ in range(10)])
_, losses = jax.jit(lambda c, r: jax.lax.scan(step, c, r))((p, zero, zero, np.float32(0)), rows)
print(np.asarray(losses)[-1])
""",
}
TORCH = {
    "small": """
torch.set_num_threads(1)
net = torch.nn.Sequential(*(m for a, b in ((3, 4), (4, 4), (4, 1)) for m in (torch.nn.Linear(a, b), torch.nn.Tanh())))
X, Y = torch.tensor(X), torch.tensor(Y)
sgd = torch.optim.SGD(net.parameters(), lr=0.05)
for _ in range(1000):
    sgd.zero_grad()
    value = ((net(X) - Y) ** 2).sum()
    value.backward()
    sgd.step()
print(float(value))
""",
    "digits": """
torch.set_num_threads(1)
net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
X, y = torch.tensor(X), torch.tensor(y)
adam = torch.optim.Adam(net.parameters(), lr=1e-3)
for _ in range(10):
    order = torch.randperm(len(X))
    for i in range(0, len(X), 32):
        rows = order[i : i + 32]
        adam.zero_grad()
        value = torch.nn.functional.cross_entropy(net(X[rows]), y[rows])
        value.backward()
        adam.step()
print(float(value))
""",
}


ADDITION = """
import os
jax.config.update("jax_compilation_cache_dir", os.environ["SYMNET_CACHE"])
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
print(np.asarray(jax.jit(lambda x: x + 1)(X))[0])
"""


def seconds(code: str, cache: str = "off") -> float:
    """CPU seconds of a process that runs the code; modules come as bytecode, as they do once a program has run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    own |= {"SYMNET_CACHE": cache, "PYTHONPYCACHEPREFIX": os.path.join(tempfile.gettempdir(), "symnet-bytecode")}
    done = subprocess.run([sys.executable, "-c", code], env=own, capture_output=True)
    if done.returncode:
        return float("nan")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for job, data in (("small", SMALL), ("digits", DIGITS)):
        with tempfile.TemporaryDirectory() as cache:
            head = "import numpy as np\n" + data
            ours = {
                backend: f"import numpy as np, symnet\nBACKEND = {backend!r}\n" + data + SYMNET[job]
                for backend in ("numpy", "jax")
            }
            addition = "import jax, jax.numpy as jnp\n" + head + ADDITION
            seconds(ours["jax"], cache)
            seconds(addition, cache)
            by_hand, torch = "import jax, jax.numpy as jnp\n" + head + SCAN[job], "import torch\n" + head + TORCH[job]
            ways = {
                "symnet numpy": (ours["numpy"], "off"),
                "symnet jax, cold": (ours["jax"], "off"),
                "symnet jax, warm": (ours["jax"], cache),
                "scan by hand": (by_hand, "off"),
                "PyTorch": (torch, "off"),
                "imports of JAX": ("import jax, jax.numpy as jnp\n" + head, "off"),
                "... one addition": (addition, cache),
                "imports, and SymPy": ("import jax, jax.numpy as jnp, sympy\n" + head, "off"),
            }
            found = {name: [] for name in ways}
            for _ in range(rounds):
                for name, (code, kept) in ways.items():
                    found[name].append(seconds(code, kept))
            scan = found["scan by hand"]
            print(job)
            for name, times in found.items():
                ratio = statistics.median(a / b for a, b in zip(times, scan, strict=True))
                print(f"  {name:<18}{statistics.median(times):7.2f} s{ratio:8.2f} x the scan")


if __name__ == "__main__":
    main()
