from __future__ import annotations

from measured_charts import MINUS, both_sides, lacking, measured

from rom_tracker import charts, compare
from rom_tracker.analysis.flag import Flag
from rom_tracker.result_words import caution_words, change_words, end_range_words, refused_words, side_words


def test_the_first_caution_by_its_first_sentence_and_how_many_more():
    flags = [Flag("a", "Film at 1.5 m. Or nearer.", "caution"), Flag("b", "Second.", "caution"), Flag("c", "Third.", "note")]
    assert caution_words(tuple(flags)) == "Caution: Film at 1.5 m. (and 1 more)"
    assert caution_words(tuple(flags[2:])) == ""


def test_refusals_in_few_words():
    flags = (
        Flag("a", "Before: The client moves the other way: from rest to 3 degrees. Film again.", "refused"),
        Flag("b", "Before: Nobody was found.", "refused"),
        Flag("c", "The left side was away from the camera, so no difference is given. Film each side by itself.", "refused"),
    )
    assert refused_words(flags) == [
        "Before: refused (the client moves the other way)",
        "Refused: the left side was away from the camera",
    ]


def test_the_words_claim_no_more_than_the_verdict():
    same = change_words(compare(measured([100, 102]), measured([101, 103])))
    assert same.startswith("No detectable change: +1°, smaller than the ")
    assert "improved" not in same
    better = change_words(compare(measured([100, 102]), measured([120, 122])))
    assert better.startswith("+20° improved (95 %: +")
    worse = change_words(compare(measured([120, 122]), measured([100, 102])))
    assert worse.startswith(f"{MINUS}20° worse (95 %: {MINUS}")


def test_no_change_is_never_said_to_be_smaller_than_itself():
    limit = compare(measured([100, 102]), measured([100, 102])).detectable_deg
    comparison = compare(measured([100, 102]), measured([100 + 0.98 * limit, 102 + 0.98 * limit]))
    assert comparison.verdict == "no detectable change"
    words = change_words(comparison).split()
    assert words[3].strip("+,°") != words[7].strip("°")


def test_a_smaller_angle_can_be_the_better_one():
    before, after = measured([100, 102]), measured([80, 82])
    smaller = before.movement.model_copy(update={"better": "smaller"})
    object.__setattr__(before, "movement", smaller)
    object.__setattr__(after, "movement", smaller)
    assert change_words(compare(before, after)).startswith(f"{MINUS}20° improved")


def test_describe_tells_the_result_and_every_caution():
    m = measured([100, 104])
    assert charts.describe(m).startswith("Elbow flexion, left, angle over time. End range 102° (95 %: ")
    assert charts.describe(m).endswith("2 repetitions: 100°, 104°.")
    one = charts.describe(compare(m, measured([130])))
    assert "End range 102° before and 130° after." in one
    assert one.endswith("Caution: After: Only one repetition was found; three or more make the result more certain.")


def test_negative_angles_are_written_with_words_between_them():
    words = end_range_words(lacking([-20, -16]))
    assert words.startswith(f"End range {MINUS}18° (95 %: {MINUS}")
    assert f"° to {MINUS}" in words


def test_the_words_of_both_sides_name_the_one_that_goes_further():
    assert side_words(both_sides([120, 122], [90, 92])).startswith("The left side goes 30° further (95 %: 2")
    assert side_words(both_sides([90, 92], [120, 122])).startswith("The right side goes 30° further (95 %: 2")
    assert side_words(both_sides([101, 103], [100, 102])).startswith("No detectable difference: 1°, smaller than the ")
    described = charts.describe(both_sides([120, 122], [90, 92]))
    assert described.startswith("Elbow flexion, left against right. End range 121° left and 91° right. The left side goes")
