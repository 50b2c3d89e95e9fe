"""Predictions for an array of plasma volumes: one after another, the results as arrays.

Each different value is one call for one patient, so that ranges and refusals are the same. The
trap: this is a loop and not faster than calls one by one; `fraction_removed` and
`fall_with_production` calculate whole arrays at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

from pexcalc.data.solutes import Solute
from pexcalc.kinetics.turnover import EXCHANGED
from pexcalc.quantities.argument import as_array
from pexcalc.quantities.errors import refuse_if
from pexcalc.quantities.units import Fraction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]

Rest = ParamSpec("Rest")
Predicted = TypeVar("Predicted")
PredictedOf = TypeVar("PredictedOf", covariant=True)
ENDS_OF_RANGE = ("low", "typical", "high")
FIGURES_OF_REMOVAL = (
    "fall", "fall_by_parameters", "dilution_only", "ceiling", "device_share", "mean_fall",
)  # fmt: skip


class OverVolumes(Protocol[Rest, PredictedOf]):
    """A prediction of one solute, for a number of plasma volumes or an array of them."""

    @overload
    def __call__(
        self,
        solute: str | Solute,
        plasma_volumes: Fraction,
        *rest: Rest.args,
        **named: Rest.kwargs,
    ) -> PredictedOf: ...

    @overload
    def __call__(
        self,
        solute: str | Solute,
        plasma_volumes: NDArray[Any],
        *rest: Rest.args,
        **named: Rest.kwargs,
    ) -> Arrays: ...


def over_volumes(
    collect: Callable[[list[Any]], dict[str, list[Any]]],
) -> Callable[
    [Callable[Concatenate[str | Solute, Fraction, Rest], Predicted]], OverVolumes[Rest, Predicted]
]:
    """Let a prediction take an array of plasma volumes; `collect` gives its figures by name."""

    def decorate(
        predict: Callable[Concatenate[str | Solute, Fraction, Rest], Predicted],
    ) -> OverVolumes[Rest, Predicted]:
        @wraps(predict)
        def checked(
            solute: str | Solute, plasma_volumes: Any, *rest: Rest.args, **named: Rest.kwargs
        ) -> Any:
            bare = as_array(getattr(plasma_volumes, "magnitude", plasma_volumes))
            if not getattr(bare, "shape", ()):
                return predict(solute, plasma_volumes, *rest, **named)
            import numpy

            volumes = EXCHANGED.strip("plasma_volumes", plasma_volumes)
            wanted = "at least one number of plasma volumes"
            refuse_if(not volumes.size, "plasma_volumes", "an empty array", wanted, kind="conflict")
            each, place = numpy.unique(volumes, return_inverse=True)
            found = collect([predict(solute, float(one), *rest, **named) for one in each])
            place = place.reshape(volumes.shape)
            arrays = {
                name: numpy.array(rows, dtype=numpy.float64)[place] for name, rows in found.items()
            }
            return {"plasma_volumes": volumes, **arrays}

        return cast("OverVolumes[Rest, Predicted]", checked)

    return decorate


def _figure_ends(name: str, ranges: Iterable[Any], unit: str = "") -> dict[str, list[Any]]:
    """The ends of ranges, or the rows of bands, by name; NaN where there is none."""
    known = list(ranges)
    return {
        f"{name}_{end}{unit}": [_end_or_nan(one, end) for one in known] for end in ENDS_OF_RANGE
    }


def _end_or_nan(one: Any, end: str) -> Any:
    value = None if one is None else getattr(one, end)
    return float("nan") if value is None else value


def removal_figures(found: list[Any]) -> dict[str, list[Any]]:
    """Fractions of the level before, and hours until nine tenths of the fall are undone."""
    arrays: dict[str, list[Any]] = {}
    for name in FIGURES_OF_REMOVAL:
        arrays |= _figure_ends(name, (getattr(one, name) for one in found))
    back = (one.return_time_90 and one.return_time_90.m_as("h") for one in found)
    return arrays | _figure_ends("return_time_90", back, "_h")


def course_figures(found: list[Any]) -> dict[str, list[Any]]:
    """Times, levels and amounts of each course, and levels before and after each session."""
    different = len({one.sessions for one in found}) > 1
    got, wanted = "nothing, with an array of plasma volumes", "a number of sessions"
    refuse_if(different, "sessions", got, wanted, kind="conflict")
    each = [one.to_arrays() for one in found]
    arrays: dict[str, list[Any]] = {name: [one[name] for one in each] for name in each[0]}
    for name in ("before", "after"):
        bands = [getattr(one, name) for one in found]
        ends = [end for end in ENDS_OF_RANGE if getattr(bands[0], end) is not None]
        arrays |= {f"{name}_{end}": [getattr(one, end) for one in bands] for end in ends}
    return arrays
