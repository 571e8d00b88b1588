"""``python -m rom_tracker``: the same as the ``rom-tracker`` command."""

from rom_tracker.cli import main

if __name__ == "__main__":
    main()
