"""The catalogue of movements, the treatment protocols and the norms."""

from rom_tracker.movements.catalogue import Catalogue, load_catalogue, user_movements_file
from rom_tracker.movements.definitions import Compensation, Movement, Posture, Segment, Unmeasurable

__all__ = [
    "Catalogue",
    "Compensation",
    "Movement",
    "Posture",
    "Segment",
    "Unmeasurable",
    "load_catalogue",
    "user_movements_file",
]
