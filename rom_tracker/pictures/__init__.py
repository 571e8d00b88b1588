"""Pictures of movements, drawn from the same definitions that are measured: a jointed body in its starting and end position.

    from rom_tracker import load_catalogue
    from rom_tracker.pictures import movement_picture

    movement_picture(load_catalogue()["knee_flexion"]).savefig("knee_flexion.png")

A movement of a user's own file has a picture as well. Colours are those of :mod:`rom_tracker.charts.style`.
"""

from rom_tracker.pictures.angle import typical_range_deg
from rom_tracker.pictures.change import ChangeShown, change_picture
from rom_tracker.pictures.movement import movement_picture

__all__ = ["ChangeShown", "change_picture", "movement_picture", "typical_range_deg"]
