"""Marking a class: a CSV of everybody's answers becomes marks with follow-through, slips and a summary to act on.

``lines`` finds the rows of a file that is half broken, ``answers`` the students and columns in them, ``points`` what
every answer is worth, ``zeros`` who would be paid for work that an early 0 made needless; ``marks`` puts it together,
``summary`` counts, ``printed`` and ``plot`` show.
"""
