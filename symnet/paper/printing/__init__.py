"""The tree of maths in each notation: one module a notation, each with ``maths(node)``."""
