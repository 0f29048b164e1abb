"""The exercise file: reading it, what it may say, and the class Exercise."""
