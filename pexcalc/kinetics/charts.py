"""Charts and frames of predicted levels, for a notebook: bare numbers in, nothing calculated.

matplotlib, polars and pandas are no dependencies: each is imported when it is asked for.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Literal, NamedTuple

FrameLibrary = Literal["polars", "pandas"]
RANGE_SHADE = 0.25  # judgement: how dark the range is beside its line
LIBRARIES: tuple[FrameLibrary, ...] = ("polars", "pandas")


class LevelCurve(NamedTuple):
    """The levels of one solute at some hours, with the ends of their range, in percent."""

    name: str
    hours: Sequence[float]
    low: Sequence[float]
    typical: Sequence[float] | None
    high: Sequence[float]
    measured: Sequence[tuple[float, float]] = ()  # hours and percent


def new_axes(ax: Any) -> Any:
    """The axes to draw on: those given, else new ones. ModuleNotFoundError without matplotlib."""
    if ax is not None:
        return ax
    try:
        return import_module("matplotlib.pyplot").subplots(layout="constrained")[1]
    except ModuleNotFoundError as error:
        raise _lacking(error, "a chart", "'pexcalc[plot]'") from None


def draw_levels(curve: LevelCurve, ax: Any) -> Any:
    """Draw a level over time with its range, and measured levels as points."""
    shaded = ax.fill_between(
        curve.hours, curve.low, curve.high, alpha=RANGE_SHADE, label=curve.name
    )
    color = shaded.get_facecolor()[0][:3]
    if curve.typical is not None:
        ax.plot(curve.hours, curve.typical, color=color)
    if curve.measured:
        hours, levels = zip(*curve.measured)
        ax.plot(hours, levels, "o", color=color, label=f"{curve.name}, measured")
    ax.set_xlabel("hours from the start of the first session")
    ax.set_ylabel("percent of baseline")
    ax.set_ylim(bottom=0)
    ax.legend()
    return ax


def draw_fall(name: str, low: float, typical: float | None, high: float, ax: Any) -> Any:
    """Draw a percent reduction as a line from end to end, with the typical value on it."""
    line = ax.plot([low, high], [name, name], linewidth=4)[0]
    if typical is not None:
        ax.plot([typical], [name], "o", color=line.get_color())
    ax.set_xlabel("percent reduction at the end of the session")
    return ax


def frame_of(columns: Mapping[str, Any], library: FrameLibrary | None) -> Any:
    """A DataFrame of the library named, else of the first that is installed."""
    missing: ModuleNotFoundError | None = None
    for name in [library] if library else LIBRARIES:
        try:
            return import_module(name).DataFrame(dict(columns))
        except ModuleNotFoundError as error:
            missing = error
    assert missing is not None
    raise _lacking(missing, "a frame", library or "polars")


def _lacking(error: ModuleNotFoundError, what: str, package: str) -> ModuleNotFoundError:
    sentence = f"{what} needs {error.name}: pip install {package}"
    return ModuleNotFoundError(sentence, name=error.name)
