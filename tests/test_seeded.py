"""Random numbers without NumPy: bit by bit those of its default generator."""

import numpy as np
import pytest

from symnet.algebra.initial import draw, draw_lists
from symnet.algebra.seeded import Seeded


@pytest.mark.parametrize("seed", [0, 1, 7, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**128 - 1, 2**128, 3**200])
def test_floats_are_those_of_numpy(seed):
    random = Seeded(seed)
    assert [random.uniform(-3.0, 0.5) for _ in range(50)] == np.random.default_rng(seed).uniform(-3.0, 0.5, 50).tolist()


@pytest.mark.parametrize("init", ["uniform(-1, 1)", "uniform(-1, 1/3), biases 0", "fan_in", "glorot", "he"])
def test_parameters_are_the_same_in_lists_and_in_arrays(init):
    shapes = {"W1": (3, 4), "b1": (4,), "W2": (4, 1), "b2": (1,)}
    arrays = draw(shapes, init, 5)
    assert draw_lists(shapes, init, 5) == {name: array.tolist() for name, array in arrays.items()}
