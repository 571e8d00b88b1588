"""``python -m rom_tracker.validation``."""

from rom_tracker.validation.command import main

if __name__ == "__main__":
    main()
