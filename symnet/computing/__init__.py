"""Equations as numbers and as code: exact, in floating point, and on every backend."""
