"""Results as the command prints them: one screen, the whole sheet, a summary, a page, a curve.

For programs that show a prescription to people. The trap: these are texts for readers, and change
with any version; a program reads the records.
"""

from pexcalc.kinetics.course import Course
from pexcalc.prescription import Prescription
from pexcalc.report import layout, sheet
from pexcalc.report.html import plot
from pexcalc.report.html.page import page
from pexcalc.report.screen import screen
from pexcalc.report.summary import summary
from pexcalc.report.wording import System


def screen_text(prescription: Prescription, system: System = "entered", wrap: bool = True) -> str:
    """What a nurse acts on and checks, as `pexcalc prescribe` prints it.

    Parameters
    ----------
    prescription : Prescription
        What is printed.
    system : str, default 'entered'
        Units of laboratory values: "entered", "si" or "us".
    wrap : bool, default True
        False leaves each paragraph in one line, for a window that wraps lines itself.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    return screen(prescription, system, wrap=wrap)


def sheet_text(
    prescription: Prescription, system: System = "entered", reasons: bool = False
) -> str:
    """The whole sheet of `pexcalc prescribe --full`; inputs by their names instead of flags.

    Parameters
    ----------
    prescription : Prescription
        What is printed.
    system : str, default 'entered'
        Units of laboratory values: "entered", "si" or "us".
    reasons : bool, default False
        With reasons, formulas and sources, as `--why`.

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    parts = sheet.sections(prescription, reasons, (), system)
    return layout.text(sheet.title(prescription.version, prescription.data), parts)


def summary_text(prescription: Prescription, system: System = "entered") -> str:
    """Ten lines of ASCII to paste into a record, as `pexcalc prescribe --summary` prints them.

    Parameters
    ----------
    prescription : Prescription
        What is printed.
    system : str, default 'entered'
        Units of laboratory values: "entered", "si" or "us".

    Returns
    -------
    str
        Ten lines.
    """
    return summary(prescription, system)


def page_html(prescription: Prescription, system: System = "entered", reasons: bool = False) -> str:
    """The sheet to print and sign as one HTML page, as `pexcalc prescribe --html` writes it.

    Parameters
    ----------
    prescription : Prescription
        What is printed.
    system : str, default 'entered'
        Units of laboratory values: "entered", "si" or "us".
    reasons : bool, default False
        With reasons, formulas and sources.

    Returns
    -------
    str
        A document without scripts or links to anything outside it.
    """
    return page(prescription, reasons, (), system)


def curve_svg(course: Course) -> str:
    """The curve of a course as SVG, for a page: the level with its range, in black and white.

    Parameters
    ----------
    course : Course
        What is drawn.

    Returns
    -------
    str
        One svg element with a description for screen readers.
    """
    return plot.levels(course)
