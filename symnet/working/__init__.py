"""The working of an exercise: its numbers, its chains and its lines, as a person would write them."""
