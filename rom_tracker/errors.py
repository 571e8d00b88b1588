"""Every error that rom_tracker raises on purpose.

    RomTrackerError
    ├── UsageError                  the request itself cannot be carried out as asked
    │   ├── UnknownMovementError        no such movement; names the nearest ones
    │   ├── UnmeasurableMovementError   one camera cannot measure it; names the better set-up
    │   ├── UnknownProtocolError        no such protocol; names the nearest ones
    │   ├── UnknownRecordError          no such client, session, recording or measurement in the records
    │   └── MovementFileError           a movements file has mistakes; names every one with its line
    └── MeasurementError            the request is fine, the world is not
        ├── VideoError                  a recording is missing, empty, damaged or not a video
        ├── CameraError                 a camera is missing, busy or stopped giving frames
        ├── ModelFileError              a model file is missing, damaged or cannot be fetched
        ├── CalibrationError            a camera cannot be calibrated this way, or its lens profile does not fit
        ├── OutputError                 a result cannot be written
        └── StoreError                  the records cannot be opened, read or written
            ├── NoStoreError                there are none yet at that place
            ├── KeyNeededError              they are locked: a passphrase is needed, or the keychain that has their key
            ├── WrongKeyError               that is not their passphrase or key
            ├── DamagedStoreError           the database or a file of it is damaged
            └── NewerStoreError             a later version of the program made them

A message says what was expected, what came, and what to do next. Each class also stands for an exit code of the
command line: 2 for a UsageError, 1 for every other RomTrackerError.
"""

from __future__ import annotations


class RomTrackerError(Exception):
    """Base class of every error that rom_tracker raises on purpose."""


class UsageError(RomTrackerError):
    """The request itself cannot be carried out as asked."""


class UnknownMovementError(UsageError):
    """No movement of that name is in the catalogue."""


class UnmeasurableMovementError(UsageError):
    """One camera cannot measure the movement; the message says why and what to do instead."""


class UnknownProtocolError(UsageError):
    """No treatment protocol fits the words asked for."""


class UnknownRecordError(UsageError):
    """The records have no such client, session, recording or measurement."""


class MovementFileError(UsageError):
    """A movements file has mistakes; the message names every one with its line."""


class MeasurementError(RomTrackerError):
    """The request is fine, but the recording, the machine or a file did not allow it."""


class VideoError(MeasurementError):
    """A recording is missing, empty, damaged or not a video."""


class CameraError(MeasurementError):
    """A camera is missing, busy, or stopped giving frames."""


class ModelFileError(MeasurementError):
    """A model file is missing, damaged, or cannot be fetched."""


class CalibrationError(MeasurementError):
    """A camera cannot be calibrated from what was shown, or a lens profile is damaged or does not fit the recording."""


class OutputError(MeasurementError):
    """A result cannot be written where it was asked for."""


class StoreError(MeasurementError):
    """The records cannot be opened, read or written."""


class NoStoreError(StoreError):
    """There are no records yet at that place."""


class KeyNeededError(StoreError):
    """The records are locked: they need a passphrase, or the keychain that has their key."""


class WrongKeyError(StoreError):
    """That is not the passphrase or key of these records."""


class DamagedStoreError(StoreError):
    """The database of the records, or a file beside it, is damaged."""


class NewerStoreError(StoreError):
    """A later version of the program made these records."""
