"""The catalogues of :mod:`rom_tracker.i18n`, one folder a language, and what brings them up to date."""
