"""One person's answers: whether they are right, what went wrong, and hints that do not tell the number."""
