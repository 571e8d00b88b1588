"""The client's page and the therapist's report, as PDF/UA or PNG, typeset by typst on this computer.

    from rom_tracker.report import Report, Visit, write_report

    write_report(Report.of([change], Visit(client="Kim")), "page.pdf", language="de")
    write_report(Report.of([change], Visit(client="Kim")), "report.pdf", full=True)

``contents`` holds what is reported, ``client_page`` and ``full_report`` say it in blocks (``blocks``), ``typesetting`` turns these
into a file. Names and notes of people reach typst as data and are shown letter by letter, whatever they contain.
"""

from rom_tracker.report.contents import Report, Visit
from rom_tracker.report.typesetting import REPORT_SUFFIXES, write_report

__all__ = ["REPORT_SUFFIXES", "Report", "Visit", "write_report"]
