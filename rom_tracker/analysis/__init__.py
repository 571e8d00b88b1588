"""Repetitions, range of motion, its uncertainty, and the change between two recordings."""
