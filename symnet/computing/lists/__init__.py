"""Arrays of numbers as lists of Python's, for a Python without NumPy, such as the one in a browser.

They have NumPy's names, shapes and rules, as far as working many ways at once needs them, so that the same code runs on
either and comes to the same verdicts: ``table`` is the array, ``entries`` what becomes of one number, ``functions``
what becomes of whole arrays.
"""
