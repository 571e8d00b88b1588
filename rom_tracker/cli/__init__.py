"""The command line: ``rom-tracker``. Arguments and printing, nothing else.

Exit codes: 0 done, 1 could not measure (and says why), 2 wrong use, 130 interrupted.
"""

from __future__ import annotations

import sys

import typer

from rom_tracker.cli import calibrate, measuring, output, records, upkeep
from rom_tracker.cli.app import app as open_app
from rom_tracker.cli.batch import batch
from rom_tracker.cli.demonstration import demo
from rom_tracker.cli.output import fail
from rom_tracker.cli.protocols import protocols
from rom_tracker.cli.recording import record
from rom_tracker.cli.repeatability import repeatability
from rom_tracker.cli.report import report
from rom_tracker.errors import RomTrackerError, UsageError

app = typer.Typer(
    name="rom-tracker",
    help="Measures the range of motion of a joint from video, before and after a treatment, and says whether it changed. "
    "Everything stays on this computer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback(invoke_without_command=True)(upkeep.version_option)
for command in (measuring.measure, measuring.compare, report, record, batch, repeatability, demo):
    app.command()(command)
app.command(name="app")(open_app)
for records_command in (records.export, records.backup, records.restore):
    app.command()(records_command)
for upkeep_command in (upkeep.movements, protocols, upkeep.models, upkeep.check):
    app.command()(upkeep_command)
app.add_typer(records.app)
app.add_typer(calibrate.app)


def main() -> None:
    """Run the command line and leave with its exit code."""
    output.print_any_name()
    try:
        app()
    except RomTrackerError as error:
        fail(str(error))
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except (KeyboardInterrupt, SystemExit) as leaving:
        # Typer turns Ctrl-C into exit code 130 and says nothing.
        if isinstance(leaving, SystemExit) and leaving.code != 130:
            raise
        fail("Interrupted; nothing half-written is left.")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
