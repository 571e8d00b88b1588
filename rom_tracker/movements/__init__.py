"""The catalogue of movements."""

from rom_tracker.movements.catalogue import Catalogue, Movement, Segment, load_catalogue, user_movements_file

__all__ = ["Catalogue", "Movement", "Segment", "load_catalogue", "user_movements_file"]
