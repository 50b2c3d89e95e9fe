"""Processor seconds of one warm prescribe() of README's CRS case, for this and for earlier versions.

    python tests/tools/benchmarks/warm.py [read]

With `read` every field of the result is read too. PYTHONPATH says which version.
"""

import statistics
import sys
import time

import pint

from pexcalc import Order

try:
    from pexcalc import Patient
except ImportError:  # in earlier versions it was not public
    from pexcalc.patient import Patient

Q = pint.UnitRegistry().Quantity
CALLS, ROUNDS = 20, 15
if "quick" in sys.argv[1:]:
    CALLS, ROUNDS = 5, 5


def everything(record: object) -> None:
    """Read every field of a record and of the records in it."""
    if isinstance(record, tuple):
        for one in record:
            everything(one)
    elif hasattr(type(record), "model_fields"):
        for name in type(record).model_fields:
            if name != "basis":
                everything(getattr(record, name))


def main(read: bool) -> float:
    """Median over rounds."""
    from pexcalc.prescription import prescribe

    body = {"height": Q(172, "cm"), "weight": Q(65, "kg"), "hematocrit": 0.27}
    patient = Patient(sex="male", age=Q(23, "year"), **body)
    order = Order(indication="crs-car-t", patient=patient, dose={"exchange_volume": Q(3000, "mL")})
    prescribe(order)
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(CALLS):
            result = prescribe(order)
            if read:
                everything(result)
        rounds.append((time.process_time() - start) / CALLS)
    return statistics.median(rounds)


if __name__ == "__main__":
    print(main("read" in sys.argv[1:]))
