"""The topics of the reference, a module each."""
