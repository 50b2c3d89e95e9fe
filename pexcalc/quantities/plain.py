"""`.plain` of a formula: numbers whose units stand in the keywords, checked like Quantities.

The rule of the keywords is that of the headers of a cohort: `weight_kg`, `weight_lb`, and
`hematocrit_percent` or `hematocrit` for a fraction. The trap: the result has no unit to be seen,
so it is in one unit for each kind, whatever the formula was published in.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pint.facets.plain import PlainQuantity

from pexcalc.data.spelling import most_alike
from pexcalc.quantities import units
from pexcalc.quantities.argument import Argument, Choice, In
from pexcalc.quantities.errors import QuantityError, refuse_if

# The one unit of a result, by what it measures; a fraction stays a fraction.
RESULT_UNITS = {"length": "cm", "mass": "kg", "volume": "mL", "time": "h"}


class PlainFormula:
    """A formula on plain numbers or arrays, with the unit of each in its keyword.

    Attributes
    ----------
    unit : str
        Unit of the result: cm, kg, mL or h, else that of the formula; "1" for a fraction.
    keywords : tuple of str
        One keyword for each argument, in the unit in which people give it.
    """

    def __init__(
        self,
        checked: Callable[..., Any],
        inputs: Mapping[str, Argument],
        unit: str,
        optional: Collection[str],
    ) -> None:
        self._checked, self._inputs, self._optional = checked, inputs, optional
        self.unit = RESULT_UNITS.get(units.BY_LABEL[unit].kind, unit)
        self.keywords = tuple(_usual_keyword(name, spec) for name, spec in inputs.items())

    def __call__(self, **values: Any) -> Any:
        """Calculate from plain numbers, with the checks of the formula.

        Parameters
        ----------
        **values : float or array
            Each argument under its name and unit, such as `height_cm`; a compound unit with `per`,
            such as `per_kg_mL_per_kg`. Words under the bare name: `sex="male"`.

        Returns
        -------
        float or array
            In `unit`.

        Raises
        ------
        QuantityError
            As from the formula, and for a keyword that names no argument or not its unit.
        """
        given: dict[str, Any] = {}
        for keyword, value in values.items():
            name = self._name_in(keyword)
            refuse_if(
                name in given, keyword, f"{name} twice", "one keyword for it", kind="conflict"
            )
            given[name] = _value_of(name, keyword, self._inputs[name], value)
        self._check_complete(given)
        result = self._checked(**given)
        if not isinstance(result, PlainQuantity):
            return result
        return result.m_as(units.BY_LABEL[self.unit].container)

    def __repr__(self) -> str:
        name = getattr(self._checked, "__name__", "formula")
        return f"<{name}.plain({', '.join(self.keywords)}) in {self.unit}>"

    def _name_in(self, keyword: str) -> str:
        """The argument whose name begins a keyword, the longest of them."""
        names = [name for name in self._inputs if f"{keyword}_".startswith(f"{name}_")]
        if names:
            return max(names, key=len)
        shown, wanted = units.printable(keyword), ", ".join(self.keywords)
        near = most_alike(keyword, self.keywords)
        raise QuantityError(shown, "a keyword that is not known", wanted, near, kind="unknown")

    def _check_complete(self, given: Collection[str]) -> None:
        for name, keyword in zip(self._inputs, self.keywords):
            if name not in given and name not in self._optional:
                expected = self._inputs[name].expected
                raise QuantityError(keyword, "nothing", expected, kind="missing", fields=(name,))


def _usual_keyword(name: str, spec: Argument) -> str:
    """The keyword of an argument in the unit in which people give it."""
    if isinstance(spec, Choice) or spec.pure:
        return name
    return _in_keyword(name, spec.show)


def _in_keyword(name: str, label: str) -> str:
    """`flow` in mL/min as a keyword: flow_mL_per_min."""
    return f"{name}_{label}".replace("/", "_per_").replace("%", "percent").replace("__", "_")


def _value_of(name: str, keyword: str, spec: Argument, value: Any) -> Any:
    """What a keyword gives to the formula: a word, a plain fraction or a Quantity."""
    ending = keyword[len(name) :]
    if isinstance(spec, Choice):
        wanted = f"{name} without a unit"
        refuse_if(ending, keyword, "a unit after a word", wanted, [name], kind="unit")
        return value
    return spec.from_plain(name, _unit_after(keyword, ending, name, spec), value)


def _unit_after(keyword: str, ending: str, name: str, spec: In) -> units.Unit:
    """The unit that ends a keyword; that of a plain number where none does and none is needed."""
    token = ending.replace("_per_", "/").replace("percent", "%").lstrip("_")
    row = units.BY_TOKEN.get(token) if token else units.BY_LABEL["1"]
    counted = spec.pure and spec.show not in units.BY_LABEL  # plasma volumes are no percentage
    if row is not None and row.kind == spec.kind and not (token and counted):
        return row
    likely = spec.likely or units.LIKELY.get(spec.kind, ())
    forms = [_usual_keyword(name, spec), *(_in_keyword(name, unit) for unit in likely)]
    got = f"the unit {units.printable(token)}" if token else "no unit in the keyword"
    wanted = " or ".join(dict.fromkeys(forms))
    raise QuantityError(units.printable(keyword), got, wanted, kind="unit")
