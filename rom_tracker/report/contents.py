"""What is reported: the visit, its comparisons as they are judged together, and the sessions in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.multiplicity import Judged, compare_many
from rom_tracker.analysis.norms import Placement
from rom_tracker.analysis.progress import Progress
from rom_tracker.analysis.sides import SideComparison
from rom_tracker.errors import UsageError

#: Two photographs as JPEG: before and after.
Photos = tuple[bytes, bytes]


@dataclass(frozen=True)
class Visit:
    """What is known of the visit beside what was measured; all of it may be left out.

    Attributes
    ----------
    client, therapist : str
        Names or labels.
    day : date or None
    treated : str
        What was treated and how, such as the muscle; of the program's own tables in English, so that it can be translated.
    complaint : str
        In the client's words.
    pain_before, pain_after : int or None
        The client's own rating, 0 (none) to 10.
    next_steps : str
        What the therapist and the client agreed on.

    Raises
    ------
    UsageError
        A rating is not from 0 to 10.
    """

    client: str = ""
    therapist: str = ""
    day: date | None = None
    treated: str = ""
    complaint: str = ""
    pain_before: int | None = None
    pain_after: int | None = None
    next_steps: str = ""

    def __post_init__(self) -> None:
        for rating in (self.pain_before, self.pain_after):
            if rating is not None and not 0 <= rating <= 10:
                raise UsageError(f"expected a rating of pain from 0 to 10, got {rating}")


@dataclass(frozen=True, eq=False)
class Report:
    """All that a report is made from; build it with :meth:`of`.

    Attributes
    ----------
    visit : Visit
    results : tuple of Judged
        One a movement, the one that was chosen beforehand first.
    progress : tuple of Progress
        Those of the movements that have one.
    sides : tuple of SideComparison
        Left against right, for the longer report.
    placements : tuple of Placement or None
        Each result's end range after, among people of the client's age; as many as results, or none.
    photos : tuple of (bytes, bytes) or None
        For each result the end range before and after as JPEG (see :func:`rom_tracker.overlay.video.end_range_picture`); as many as
        results, or none.
    """

    visit: Visit
    results: tuple[Judged, ...]
    progress: tuple[Progress, ...] = ()
    sides: tuple[SideComparison, ...] = ()
    placements: tuple[Placement | None, ...] = ()
    photos: tuple[Photos | None, ...] = ()

    @classmethod
    def of(
        cls,
        comparisons: Sequence[Comparison],
        visit: Visit | None = None,
        *,
        progress: Sequence[Progress] = (),
        sides: Sequence[SideComparison] = (),
        placements: Sequence[Placement | None] = (),
        photos: Sequence[Photos | None] = (),
    ) -> Report:
        """From comparisons of one visit, which are judged together.

        The one that says of itself that it was chosen beforehand comes first. Where there is but one, it needs no correction.

        Raises
        ------
        UsageError
            There is no comparison, two are of the same movement and side, or more than one was chosen beforehand.
        """
        if not comparisons:
            raise UsageError("expected one comparison or more for a report, got none")
        names = [one.before.movement.of_side(one.before.side) for one in comparisons]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UsageError(f"expected each movement once in a report, got {', '.join(twice)} more than once")
        for name, given in (("placement", placements), ("pair of photos", photos)):
            if given and len(given) != len(comparisons):
                raise UsageError(f"expected one {name} a comparison ({len(comparisons)}), got {len(given)}")
        judged = compare_many(comparisons)
        order = sorted(range(len(judged)), key=lambda i: judged[i].role == "exploratory")
        placed = tuple(placements[i] for i in order) if placements else ()
        shown = tuple(photos[i] for i in order) if photos else ()
        return cls(visit or Visit(), tuple(judged[i] for i in order), tuple(progress), tuple(sides), placed, shown)

    def progress_of(self, result: Judged) -> Progress | None:
        """The sessions in a row of that movement and side."""
        found = result.comparison.before
        return next((p for p in self.progress if (p.movement.key, p.side) == (found.movement.key, found.side)), None)
