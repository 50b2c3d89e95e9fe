"""What a session, a course or another modality does to a solute, in words, and the curve of a course."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pexcalc import __version__
from pexcalc.data import loading
from pexcalc.data import solutes as solute_table
from pexcalc.data import sources as source_table
from pexcalc.exchange.dose import EXCHANGE, exchange_volume, plasma_volumes_exchanged
from pexcalc.kinetics.course import DURING, EVERY, TARGET, Band, Course, simulate_course
from pexcalc.kinetics.dilution import SIEVING
from pexcalc.kinetics.medicines import DoseLost, dose_lost
from pexcalc.kinetics.modalities import CURVES, NO_EFFECT, SENTENCE, ModalityResult, curve_table
from pexcalc.kinetics.removal import GRADES, NOT_IN_CAR_T, REFERENCE_PLASMA, REFERENCE_WEIGHT, Removal, expected_removal
from pexcalc.kinetics.turnover import EXCHANGED
from pexcalc.order.fields import ANY_WEIGHT, DELAY, DOSE, RUN_TIME, STATED_VOLUME
from pexcalc.order.lookup import solute_named
from pexcalc.order.text_input import plain_number, quantity_wire, well_written
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval, Measured
from pexcalc.quantities.argument import came, swapped
from pexcalc.quantities.units import QuantityError
from pexcalc.report.layout import Row, Section, cited, listing, text
from pexcalc.report.wording import change, hours, hours_span, in_words, plasma_volumes_words, share

NO_RETURN = "no time can be given: production has changed, and the level may not have fallen or may stay down"


def removal_section(one: Removal) -> Section:
    """One solute and one session, with everything that bounds the fall."""
    steady = one.production == "steady"
    rows = [
        Row("Fall at the end", f"{change(one.fall)}, production {one.production}"),
        Row("Dilution alone", f"{share(one.dilution_only)}: without production and return"
            f"{', a bound and not an expectation' if steady else '; a bound only for steady production'}"),
    ]  # fmt: skip
    if one.fall and one.ceiling and one.device_share and one.mean_fall:
        back = one.return_time_90
        rows += [
            Row("Tends to", f"{change(one.ceiling)}, however long the session goes on at this pace"),
            Row("Share of device", f"{share(one.device_share)} of all clearance while it runs"),
            Row("24-hour mean", change(one.mean_fall)),
            Row("Comes back", f"90 % of the fall is undone after {hours_span(back)}" if back else NO_RETURN),
        ]
    rows += [
        Row("Class", f"{one.kinetic_class}{'' if steady else ', which is that of steady production'}"),
        Row("Model", one.model),
        Row("Evidence", in_words(one.statement)),
    ]
    return Section(one.name, tuple(rows))


def course_section(course: Course) -> Section:
    """Before and after each session, and what a target takes."""
    row = Row("Of the start", "plasma before and after each session, and the amount in the body after it; in brackets "
              "what the parameters span: the error of the model, under Evidence, comes to that")  # fmt: skip
    rows = [row]
    counts = range(course.sessions)
    shown = [*counts] if course.sessions <= 10 else [*range(5), *range(course.sessions - 3, course.sessions)]
    ends = [place * (len(course.times) - 1) // course.sessions + DURING for place in counts]
    for number in shown:
        if course.sessions > 10 and number == course.sessions - 3:
            rows.append(Row("...", "..."))
        parts = ((course.before, number, ""), (course.after, number, "after "), (course.body, ends[number], "body "))
        words = ", ".join(f"{word}{share(_at(band, place, course))}" for band, place, word in parts)
        rows.append(Row(f"Session {number + 1}", words))
    limits = f"{share(course.limit_before)} before, {share(course.limit_after)} after a session"
    rows.append(Row("Without end", limits))
    if course.target_fall is not None:
        fall = units.percent(course.target_fall, 1)
        rows.append(Row("Target", f"plasma down by {fall} right after a session: {course.needed_in_words}"))
    rows += [Row("Model", course.model), Row("Evidence", in_words(course.statement))]
    return Section(f"{course.name}, {course.sessions} sessions, production {course.production}", tuple(rows))


def _at(band: Band, place: int, course: Course) -> Interval:
    """One place of a band; what rests on a terminal half-life has no typical figure worth printing."""
    typical = band.typical[place] if band.typical and not course.upper_bound else None
    return Interval(band.low[place], typical, band.high[place])


BLOCKS, ROWS, COLUMNS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588", 8, 72
SHADE = "\u2591"


def curve(course: Course, blocks: bool = True) -> str:
    """The plasma level over the course: solid up to the lowest, shaded from there to the highest that it may be.

    Without `blocks` it is drawn with # and dots, for a terminal that has no block characters.
    """
    times = [units.size(time, "h") for time in course.times]
    places = [_nearest(times, times[-1] * column / (COLUMNS - 1)) for column in range(COLUMNS)]
    low, high = ([series[place] for place in places] for series in (course.levels.low, course.levels.high))
    top = max(1.0, *high)
    lines = []
    for row in range(ROWS, 0, -1):
        base = (row - 1) / ROWS * top
        cells = [_cell((a - base) / top * ROWS, (b - base) / top * ROWS) for a, b in zip(low, high)]
        edge = units.percent(top) if row == ROWS else "0 %" if row == 1 else ""
        lines.append(f"{edge:>6} {''.join(cells)}".rstrip())
    lines.append(f"{'':6} 0 h{hours(times[-1]):>{COLUMNS - 3}}")
    lines.append(f"{'':6} Plasma level: {BLOCKS[-1]} at least, {SHADE} at most, by the interval")
    drawn = "\n".join(lines)
    if not blocks:
        drawn = drawn.translate({ord(block): "#" for block in BLOCKS[4:]} | {ord(block): " " for block in BLOCKS[1:4]})
        drawn = drawn.replace(SHADE, ".")
    return drawn


def _cell(low: float, high: float) -> str:
    if low >= 1 - 1 / 16 or high - low < 1 / 8:
        return BLOCKS[max(0, min(8, round(8 * max(low, high if high - low < 1 / 8 else low))))]
    return SHADE if high >= 1 / 2 or low > 0 else BLOCKS[max(0, min(8, round(8 * low)))]


def _nearest(times: list[float], time: float) -> int:
    return min(range(len(times)), key=lambda place: abs(times[place] - time))


def dose_section(lost: DoseLost) -> Section:
    """What an exchange takes of a medicine that was given before it."""
    figure = f"{share(lost.lost)} of the amount in the body" if lost.lost else "no figure"
    rows = (
        Row("Removed", figure),
        Row("To do", lost.advice),
        Row("Model", lost.model),
        Row("Evidence", in_words(lost.statement)),
    )
    return Section(lost.name, rows)


class RemovalAsked(NamedTuple):
    """What the command removal asks: arguments for expected_removal, simulate_course and dose_lost."""

    solutes: tuple[str, ...]
    session: dict[str, Any]
    course: dict[str, Any] | None
    medicine: dict[str, Any] | None


_REMOVAL_SPECS = {
    "plasma_volumes": EXCHANGED, "exchange_volume": EXCHANGE, "duration": RUN_TIME, "plasma_volume": STATED_VOLUME,
    "weight": ANY_WEIGHT, "sieving": SIEVING, "every": EVERY, "target_fall": TARGET, "given": DELAY, "dose": DOSE,
}  # fmt: skip


def asked_in(solutes: tuple[str, ...], texts: Mapping[str, str | None]) -> RemovalAsked:
    """The arguments that the texts of the command removal stand for. Raises QuantityError; ranges are checked later."""
    given = {name: text for name, text in texts.items() if text is not None}
    if ("plasma_volumes" in given) == ("exchange_volume" in given):
        came = "both" if "plasma_volumes" in given else "nothing"
        wanted = "--plasma-volumes, such as 1.2, or --exchange-volume, such as 3000 mL, with --plasma-volume"
        raise QuantityError("plasma_volumes", came, wanted, kind="missing")
    if "duration" not in given:
        raise QuantityError("duration", "nothing", "--duration, such as 2 h", kind="missing")
    exchanged = swapped(well_written(given), _REMOVAL_SPECS)
    if exchanged:
        raise exchanged
    read: dict[str, Any] = {}
    for name, words in given.items():
        if name == "production":
            read[name] = words
        elif name in ("plasma_volumes", "sieving", "sessions"):
            read[name] = plain_number(name, words, whole=name == "sessions")
        else:
            wire = quantity_wire(name, words, _REMOVAL_SPECS[name])
            read[name] = Measured(_REMOVAL_SPECS[name]).from_wire(name, wire)
    if ("sessions" in read) != ("every" in read):
        alone, other = ("sessions", "every") if "sessions" in read else ("every", "sessions")
        raise QuantityError(
            alone, f"--{alone} without --{other}", "both, such as --sessions 5 --every '24 h'", kind="missing"
        )
    if "target_fall" in read and "sessions" not in read:
        raise QuantityError("target_fall", "no course", "--sessions and --every too", kind="missing")
    if "exchange_volume" in read:
        if "plasma_volume" not in read:
            raise QuantityError(
                "plasma_volume", "nothing", "--plasma-volume of the patient with --exchange-volume", kind="missing"
            )
        volumes = plasma_volumes_exchanged(read.pop("exchange_volume"), read["plasma_volume"])
        read["plasma_volumes"] = EXCHANGED.strip("exchange_volume", volumes)
    course = None
    if "every" in read:
        course = {"interval": read.pop("every"), "sessions": read.pop("sessions")}
        course["target_fall"] = read.pop("target_fall", None)
    medicine = {"delay": read.pop("given", None), "dose": read.pop("dose", None)}
    ids = tuple(dict.fromkeys(solute_named(name).id for name in solutes))
    return RemovalAsked(ids, read, course, medicine if set(medicine.values()) != {None} else None)


class Answers(NamedTuple):
    """What came of it: sessions, courses, medicines, and one sentence for each solute that could not be done."""

    found: list[Removal]
    courses: list[Course]
    lost: list[DoseLost]
    refused: list[QuantityError]


def answers(asked: RemovalAsked) -> Answers:
    """What is expected of each solute, of the course where one is asked, and of each medicine.

    Raises QuantityError where nothing could be done; where something could, what could not is in `refused`.
    """
    done = Answers([], [], [], [])
    for name in asked.solutes:
        try:
            if solute_named(name).is_drug:
                done.lost.append(_medicine(name, asked))
            elif asked.course is not None:
                done.courses.append(simulate_course(name, **asked.session, **asked.course))
            else:
                done.found.append(expected_removal(name, **asked.session))
        except QuantityError as error:
            done.refused.append(error)
    if len(done.refused) == len(asked.solutes):
        raise done.refused[0]
    if asked.medicine and not any(solute_named(name).is_drug for name in asked.solutes):
        option = "given" if asked.medicine["delay"] is not None else "dose"
        raise QuantityError(
            option, f"--{option} without a medicine", "--solute with a medicine, such as tocilizumab", kind="conflict"
        )
    return done


def _medicine(name: str, asked: RemovalAsked) -> DoseLost:
    session = asked.session
    for option in ("production", "sieving"):
        if option in session or asked.course:
            shown = "course" if asked.course else option
            raise QuantityError(
                "solute", f"{name} with a {shown}", "a medicine alone: its loss is that of one session", kind="conflict"
            )
    for option in ("plasma_volume", "weight"):
        if option not in session:
            raise QuantityError(
                option, "nothing", f"--{option.replace('_', '-')}, which the loss of a medicine needs", kind="missing"
            )
    given = asked.medicine or {"delay": None, "dose": None}
    if given["delay"] is None:
        raise QuantityError(
            "given", "nothing", "--given, the time from the dose to the session, such as 24 h", kind="missing"
        )
    exchanged = exchange_volume(session["plasma_volume"], session["plasma_volumes"])
    return dose_lost(name, exchanged, session["duration"], weight=session["weight"], **given)


def conditions(asked: RemovalAsked) -> tuple[Row, ...]:
    """What was asked, as it was entered."""
    session, course, medicine = asked.session, asked.course or {}, asked.medicine or {}
    entered = {"Weight": session.get("weight"), "Given before": medicine.get("delay"), "Dose": medicine.get("dose")}
    rows = [
        Row("Exchange", f"{plasma_volumes_words(session['plasma_volumes'], 3)} in {came(session['duration'])}"),
        Row("Plasma volume", f"{came(session['plasma_volume'])}, taken as exact" if "plasma_volume" in session else
            f"not entered: {_reference_volume(session)} where a clearance needs one"),
        *(Row(label, came(value)) for label, value in entered.items() if value is not None),
    ]  # fmt: skip
    if "sieving" in session:
        rows.append(Row("Sieving", f"{units.number(session['sieving'], 3)}, taken as exact"))
    if course:
        rows.append(Row("Course", f"{course['sessions']} sessions, one every {came(course['interval'])}"))
    return tuple(rows)


def _reference_volume(session: dict[str, Any]) -> str:
    kilograms = units.size(session["weight"], "kg") if "weight" in session else REFERENCE_WEIGHT
    litres = REFERENCE_PLASMA / 1000 * kilograms / REFERENCE_WEIGHT
    return f"{units.number(litres, 2)} L at {units.number(kilograms, 1)} kg"


def asked_wire(asked: RemovalAsked) -> dict[str, Any]:
    """What was asked, as JSON holds it."""
    every = {**asked.session, **(asked.course or {}), **(asked.medicine or {})}
    kinds = {"interval": EVERY, "delay": DELAY, **_REMOVAL_SPECS}
    return {
        name: value if isinstance(value, str | int | float) else Measured(kinds[name]).to_wire(value)
        for name, value in every.items()
        if value is not None
    }


def page(asked: RemovalAsked, done: Answers, explain: bool, blocks: bool) -> str:
    """The page of the command removal: conditions, then a section for each solute, with the curve of a course."""
    heading = f"pexcalc {__version__}, data {loading.data_version()}: expected removal"
    parts = [text(heading, [Section("Session", conditions(asked))])]
    if done.refused:
        parts.append(_titled(Section("Not done", tuple(Row("Error", str(error)) for error in done.refused))))
    parts += [_titled(removal_section(one)) for one in done.found]
    for course in done.courses:
        parts += [_titled(course_section(course)), curve(course, blocks)]
    parts += [_titled(dose_section(one)) for one in done.lost]
    said = (
        "predictions of a model, of plasma unless the body is named, for a fluid that carries none of the solute. "
        "Plasma volumes are patient plasma, anticoagulant not counted. Samples taken at the end look best. A lower "
        "level is no proof of effect"
    )
    parts.append(_titled(Section("Read it as", (Row("All figures", said), Row("CAR-T", NOT_IN_CAR_T)))))
    basis = {path: entry for removal in done.found for path, entry in removal.basis.items()}
    basis |= {path: entry for dose in done.lost for path, entry in dose.basis.items()}
    if explain and basis:
        shown = tuple(Row(path, entry.text) for path, entry in basis.items())
        parts.append(_titled(Section("How each figure came about", shown)))
    return "\n\n".join(parts)


def _titled(part: Section) -> str:
    return listing([part._replace(title=part.title.upper())])


# --- other modalities -------------------------------------------------------------------------------------------------

NAMES = {
    "exchange": "Plasma exchange", "hemofiltration-post": "HF post-dilution", "hemofiltration-pre": "HF pre-dilution",
    "hemodiafiltration": "HDF", "high-cutoff": "High cut-off",
}  # fmt: skip

SHORT = (
    "HF hemofiltration; HDF hemodiafiltration, counted as if all of its effluent were filtered: diffusion is not "
    "counted. Where a sieving is an upper bound, so is all that follows from it"
)


def modality_sections(
    found: Iterable[list[ModalityResult]], texts: Mapping[str, Any], explain: bool
) -> tuple[Section, ...]:  # fmt: skip
    """The setting, one section for each solute, the table of sizes, how to read it."""
    rows = list(found)
    entered = [Row(name.replace("_", " "), str(text)) for name, text in texts.items() if text]
    parts = [Section("Setting", tuple(entered)), *(_solute(results) for results in rows)]
    table = curve_table(solute_table.solutes()[results[0].solute] for results in rows)
    if table:
        lines = [
            Row(name, f"{units.number(size, 1)} kDa: "
                + ", ".join(f"{units.number(value, 2)} {curve.name}" for curve, value in zip(CURVES, values)))
            for name, size, values in table
        ]  # fmt: skip
        lines.append(Row("", "log-normal in size; a measured value goes before it; it fails for what binds, clumps or "
                         "falls apart [sieving-curve]"))  # fmt: skip
        parts.append(Section("Sieving by size alone, an upper bound", tuple(lines)))
    if explain:
        basis = [(path, entry.text) for results in rows for one in results for path, entry in one.basis.items()]
        parts.append(
            Section("How each figure came about", tuple(Row(path, text) for path, text in dict(basis).items()))
        )
        known, used = source_table.sources(), ("crrt-clearance", "sieving-curve", "turnover-model")
        keys = dict.fromkeys(
            [*used, *(key for results in rows for key in solute_table.solute(results[0].solute).sources)]
        )
        parts.append(Section("Sources", tuple(Row(key, cited(known[key])) for key in keys)))
    said = (SENTENCE, f"{NOT_IN_CAR_T}; {NO_EFFECT}", SHORT)
    parts.append(Section("Read it as", tuple(Row("", text) for text in said)))
    return tuple(parts)


def _solute(results: list[ModalityResult]) -> Section:
    rows = [Row(NAMES[one.modality], _line(one)) for one in results]
    first = results[0]
    rows.append(Row("Evidence", f"grade {first.grade}: {GRADES[first.grade]}"))
    said = {f"{NAMES[one.modality]}: {caution.message} [{caution.source}]": caution for one in results
            for caution in one.cautions}  # fmt: skip
    rows += [
        Row(f"{caution.severity.upper()} {caution.code}", text, mark=caution.severity) for text, caution in said.items()
    ]
    return Section(first.name, tuple(rows))


def _line(one: ModalityResult) -> str:
    if one.clearance is None or one.day_average is None or one.litres_per_day is None:
        return one.passage
    parts = [
        f"{_span(one.clearance, 'mL/min', 1)} while it runs, {_span(one.day_average, 'mL/min', 2)} over the day, "
        f"{_span(one.litres_per_day, 'L', 1)} cleared a day",
        f"{_share(one.share)} of all clearance while it runs",
        f"{change(one.fall)} at the end, of the mean of 24 hours with one run {change(one.mean_fall)}",
        f"of albumin {_span(one.albumin_litres, 'L', 1)} and of IgG {_span(one.igg_litres, 'L', 1)} cleared a day",
    ]
    if one.filtration_fraction is not None:
        parts.append(f"filtration fraction {units.percent(one.filtration_fraction)}")
    return f"{'; '.join(parts)} [{one.passage}]"


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "an unknown share"
    low, high = units.number(100 * interval.low, 1), units.number(100 * interval.high, 1)
    return f"{low} %" if low == high else f"{low} to {high} %"


def _span(interval: Interval | None, unit: str, places: int) -> str:
    if interval is None:
        return "an unknown volume"
    low, high = (units.number(units.size(end, unit), places) for end in (interval.low, interval.high))
    if low == high:
        return f"{low} {unit}"
    return f"up to {high} {unit}" if low == "0" else f"{low} to {high} {unit}"
