"""The catalogue of movements."""

from rom_tracker.movements.catalogue import (
    Catalogue,
    Compensation,
    Movement,
    Segment,
    Unmeasurable,
    load_catalogue,
    user_movements_file,
)

__all__ = ["Catalogue", "Compensation", "Movement", "Segment", "Unmeasurable", "load_catalogue", "user_movements_file"]
