"""Who sits at the computer."""

from __future__ import annotations

import getpass


def user() -> str:
    """The name of whoever is logged in; "unknown" where the system does not tell, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # KeyError before Python 3.13.
        return "unknown"
