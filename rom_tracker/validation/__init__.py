"""How accurate the program is, measured on recordings whose true angles are known.

    python -m rom_tracker.validation FOLDER [FOLDER ...] --out calibration

measures every recording of the folders (:mod:`~rom_tracker.validation.truth` says what they hold), writes tables of the errors, and
from the tables the page ``accuracy.md`` with its pictures. ``python -m rom_tracker.validation residuals`` takes the model's part of
the error, with which intervals are made, from such a table to the catalogue of movements.

``TrueRecording`` leads to a ``RecordingRow``, two of them to a ``ChangeRow``; rows lead to ``Figures`` and these to the page. All
after the rows is computed from the written tables alone, so that page and pictures can be made again without the recordings.
"""
