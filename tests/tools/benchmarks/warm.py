"""Processor seconds of one warm prescribe() of README's CRS case, for this and for earlier versions.

    python tests/tools/benchmarks/warm.py [quick]

PYTHONPATH says which version.
"""

import statistics
import sys
import time

import pint

from pexcalc import Order, Patient
from pexcalc.prescription import prescribe

Q = pint.UnitRegistry().Quantity
CALLS, ROUNDS = (5, 5) if "quick" in sys.argv[1:] else (20, 15)


def seconds(order: Order) -> float:
    """One call, the mean of some."""
    start = time.process_time()
    for _ in range(CALLS):
        prescribe(order)
    return (time.process_time() - start) / CALLS


if __name__ == "__main__":
    body = {"height": Q(172, "cm"), "weight": Q(65, "kg"), "hematocrit": 0.27}
    patient = Patient(sex="male", age=Q(23, "year"), **body)
    order = Order(indication="crs-car-t", patient=patient, dose={"exchange_volume": Q(3000, "mL")})
    prescribe(order)
    print(statistics.median(seconds(order) for _ in range(ROUNDS)))
