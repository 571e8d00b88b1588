from __future__ import annotations

from rom_tracker.cli import output


def test_nothing_is_printed_as_a_negative_zero():
    assert output.angle(-0.04) == "0.0°"
    assert output.angle(-0.06) == "-0.1°"
    assert output.interval((-0.04, 0.04)) == "0.0° to 0.0°"
