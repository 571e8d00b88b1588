"""Landmarks, angles and the way between them."""
