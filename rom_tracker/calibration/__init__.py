"""Calibrating a camera with printed sheets: its lens with a board, its angles with a card."""
