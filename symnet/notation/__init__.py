"""Expressions as a small tree of maths, which each format prints in its own way."""
