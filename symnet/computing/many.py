"""``np``: NumPy, for numbers by the thousand, or where it is not installed the lists that stand in for it.

A Python in a browser has no NumPy of its own, and what a sheet and its marking need of it is little.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

try:
    np: Any = import_module("numpy")
except ModuleNotFoundError:
    np = import_module("symnet.computing.lists.functions")
