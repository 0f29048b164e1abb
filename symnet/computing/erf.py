"""The error function of arrays, which NumPy lacks: SciPy's where SciPy is installed, otherwise Python's, one by one."""

from __future__ import annotations

import math
from typing import Any

try:
    from scipy.special import erf
except ImportError:
    import numpy as np

    def erf(z: Any) -> Any:
        """erf(z), entry by entry, in z's precision."""
        values = np.asarray(z)
        return np.vectorize(math.erf, otypes=[values.dtype])(values)
