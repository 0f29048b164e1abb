"""Exercises among people: variants, checking and hints, marking, question banks."""
