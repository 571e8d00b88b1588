from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from rom_tracker.analysis.reliability import Repeated, repeatability_of
from rom_tracker.charts import save_chart
from rom_tracker.charts.reliability import bland_altman_chart
from rom_tracker.errors import UsageError

PAIRS = [(90.0, 92.0), (100.0, 99.0), (80.0, 85.0)]


def repeatability(pairs):
    return repeatability_of([Repeated(str(i), pair) for i, pair in enumerate(pairs)])


def test_points_and_lines_are_where_they_were_computed():
    found = repeatability(PAIRS)
    (axes,) = bland_altman_chart(found, "Elbow flexion").axes
    lines = {line.get_gid(): line for line in axes.lines}
    np.testing.assert_allclose(lines["pair"].get_xdata(), [91, 99.5, 82.5])
    np.testing.assert_allclose(lines["pair"].get_ydata(), [2, -1, 5])
    assert lines["bias"].get_ydata()[0] == pytest.approx(2)
    assert [lines[f"{which} limit"].get_ydata()[0] for which in ("lower", "upper")] == pytest.approx(found.agreement.limits_deg)
    bands = {patch.get_gid(): (patch.get_y(), patch.get_y() + patch.get_height()) for patch in axes.patches}
    assert bands["95 % interval of bias"] == pytest.approx(found.agreement.bias_interval_deg)
    assert bands["95 % interval of upper limit"] == pytest.approx(found.agreement.limit_intervals_deg[1])
    assert axes.get_xlabel() == "Elbow flexion: mean of test and retest (degrees)"


def test_it_is_saved_with_its_description(tmp_path):
    save_chart(bland_altman_chart(repeatability(PAIRS), "Elbow flexion"), tmp_path / "ba.png")
    with Image.open(tmp_path / "ba.png") as picture:
        assert picture.info["Description"].startswith("Elbow flexion, test against retest of 3 clients. Retests differ by")


def test_one_pair_makes_no_chart():
    with pytest.raises(UsageError, match="two pairs"):
        bland_altman_chart(repeatability(PAIRS[:1]), "Elbow flexion")
