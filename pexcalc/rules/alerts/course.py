"""Alerts on a course of sessions."""

from pexcalc.rules.alerts.row import Rule, unusual_value
from pexcalc.rules.facts import above

# fmt: off
COURSE_PLAN: tuple[Rule, ...] = (
    unusual_value(
        "sessions-unusual", "A course of sessions:",
        lambda f: f.course.sessions,
        "sessions", "course.sessions", "W-DOSE", "strong",
    ),
    unusual_value(
        "interval-unusual", "An interval of",
        lambda f: f.course.interval,
        "interval", "course.interval", "W-DOSE", "strong",
        when=lambda f: not f.course.interval_listed,
    ),
)
# fmt: on


# fmt: off
TESTS_OF_COURSE: tuple[Rule, ...] = (
    Rule(
        id="daily-without-coagulation-test",
        code="W-DAILY-COAG",
        severity="warn",
        when=lambda f: f.course.daily and not f.labs.coagulation_tested,
        value=lambda f: f.course.interval,
        unit="h",
        message="Exchanges every {value} and no coagulation result of the last 24 h: enter "
        "fibrinogen, or the age of the last coagulation test",
        about=("labs.fibrinogen", "labs.coagulation_age"),
        enter=("labs.fibrinogen", "labs.coagulation_age"),
        needs=("course.interval",),
        source="choosing-wisely-2018",
        tag="source",
    ),
    Rule(
        id="levels-fall-over-course",
        code="W-COURSE",
        severity="info",
        when=lambda f: f.course.several and not above(f.course.interval, f.high("close-sessions")),
        value=lambda f: f.course.interval,
        unit="h",
        message="Exchanges every {value}: fibrinogen and IgG may fall from session to session. "
        "Test before each from the second (predicted levels: see levels before each session)",
        about=("course.sessions", "course.interval"),
        needs=(("course.sessions", "course.interval"),),
        source="turnover-model",
        tag="derived",
    ),
)
# fmt: on
