"""Formulas that several tests of data use, and the one line that is said of what cannot be used."""

import pytest

from symnet.algebra.mistakes import Mistake

S13 = "0.1*x^3 - 0.5*x^2 + 2*sin(3*x)"
S12 = {"t": "exp(-7*(x0^2 + x1^2))*abs(x1 + 2*x0)"}
HUGE = 16**5000  # Python does not even print it


def mistake(make, *arguments, **options):
    """The one line that is said of these arguments."""
    with pytest.raises(Mistake) as raised:
        make(*arguments, **options)
    line = str(raised.value)
    assert line.isprintable()
    assert 0 < len(line) < 1000
    return line
