"""``demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from rom_tracker.cli import output
from rom_tracker.cli.request import ModelOption, Request


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for charts, overlay video and a client's page.")] = Path(
        "rom_tracker_demo"
    ),
    model: ModelOption = "auto",
) -> None:
    """Compare the sample clips, before and after, beside their true angles; draw charts, a client's page and an overlay video."""
    from rich.table import Table

    from rom_tracker.capture import VideoFile
    from rom_tracker.charts import angle_chart, comparison_chart, save_chart
    from rom_tracker.output_files import cannot_write
    from rom_tracker.overlay import write_overlay
    from rom_tracker.report import Report, write_report
    from rom_tracker.sample_clips import sample_pairs

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(out, error) from error
    table = Table(title="Sample clips: rendered people whose joint angles are known", title_justify="left", title_style="bold")
    for column in ("", "before", "after", "change", "true change", "detectable from", "verdict"):
        table.add_column(column, justify="left" if column in ("", "verdict") else "right")
    written: list[Path] = []
    for before, after in sample_pairs():
        wanted = Request.of((), before.movement, before.side, model, None)
        pair = before.path, after.path
        found = wanted.compare(pair, wanted.measure_pair(*pair))
        table.add_row(
            found.before.movement.of_side(before.side),
            output.angle(found.before.peak_deg),
            output.angle(found.after.peak_deg),
            output.angle(found.change_deg),
            output.angle(after.peak_deg - before.peak_deg),
            output.angle(found.detectable_deg),
            f"[{output.VERDICT_STYLE[found.verdict]}]{found.verdict}[/]",
        )
        written.append(out / f"{before.pair}_change.png")
        save_chart(comparison_chart(found), written[-1])
        if len(written) == 1:
            written.append(out / f"{before.pair}_page.pdf")
            write_report(Report.of([found]), written[-1])
            written.append(out / f"{after.path.stem}.png")
            save_chart(angle_chart(found.after), written[-1])
            written.append(out / f"{after.path.stem}.webm")
            with output.progress_bar(f"Drawing {written[-1].name}") as progress:
                write_overlay(VideoFile(after.path), found.after, written[-1], progress)
    output.console().print(table)
    output.console().print("Charts, a client's page and an overlay video:")
    for path in written:
        output.console().print(f"  {escape(str(path))}", soft_wrap=True)
