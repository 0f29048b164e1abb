"""The commands, one a file: each reads its files, calls the wings and prints.

SymPy is imported only by the commands that work.
"""
