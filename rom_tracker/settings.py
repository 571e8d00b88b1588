"""Where the program keeps what must not be lost, and how it is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

import platformdirs
import pydantic

from rom_tracker.errors import UsageError


class Settings(pydantic.BaseModel):
    """What the environment says.

    Attributes
    ----------
    data_folder : Path
        ``ROM_TRACKER_DATA``, else the user's data folder for rom_tracker. Absolute; it need not exist yet.
    database_url : str or None
        ``ROM_TRACKER_DATABASE_URL``: of a PostgreSQL database that several rooms share, such as
        ``postgresql://user:password@server/rom_tracker``; None for a file in the data folder.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    data_folder: Path = pydantic.Field(
        default_factory=lambda: platformdirs.user_data_path("rom_tracker", appauthor=False), validate_default=True
    )
    database_url: str | None = None

    @pydantic.field_validator("data_folder")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @pydantic.field_validator("database_url")
    @classmethod
    def _of_postgresql(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgresql://", "postgresql+")):
            raise ValueError("expected a URL such as postgresql://user:password@server/rom_tracker")
        return url

    @property
    def store_folder(self) -> Path:
        """Where the records of clients lie."""
        return self.data_folder / "records"

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises
        ------
        UsageError
            A variable holds what cannot be; the message names it.

        Examples
        --------
        >>> Settings.load().store_folder.name
        'records'
        """
        variables = {"data_folder": "ROM_TRACKER_DATA", "database_url": "ROM_TRACKER_DATABASE_URL"}
        told = {name: value for name, variable in variables.items() if (value := os.environ.get(variable))}
        try:
            return cls.model_validate(told)
        except pydantic.ValidationError as error:
            wrong = [f"{variables[str(one['loc'][0])]}: {one['msg'].removeprefix('Value error, ')}" for one in error.errors()]
            raise UsageError("; ".join(wrong)) from None
