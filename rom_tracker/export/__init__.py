"""Tables and documents for other programs: angles of a recording, and the records of clients.

Those of the records are pseudonymised unless names are asked for: a client is told by the pseudonym, days are counted from the
client's first session, and nothing that somebody typed in own words is in them.
"""

from __future__ import annotations

from rom_tracker.export.angles import angle_table, side_angle_table, write_angles, write_no_angles, write_side_angles

__all__ = ["angle_table", "side_angle_table", "write_angles", "write_no_angles", "write_side_angles"]
