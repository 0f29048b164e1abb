"""Variants: the same exercise with numbers of its own for every student, drawn so that they are nice to work with."""
