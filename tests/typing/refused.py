"""Calls that a type checker has to refuse, each with the code that mypy gives its line. Nothing here is run."""

import pint

import pexcalc

Q = pint.UnitRegistry().Quantity


def refused(order: pexcalc.Order, prescription: pexcalc.Prescription) -> None:
    pexcalc.nadler_blood_volume(172, Q(65, "kg"), "male")  # arg-type
    pexcalc.nadler_blood_volume(Q(172, "cm"), "65 kg", "male")  # arg-type
    pexcalc.nadler_blood_volume(Q(172, "cm"), Q(65, "kg"), "Male")  # arg-type
    pexcalc.nadler_blood_volume(Q(172, "cm"), Q(65, "kg"))  # call-arg
    pexcalc.parse_quantity(65)  # arg-type
    pexcalc.exchange_volume(2808, 1.2)  # arg-type
    pexcalc.StatedVolume(value="3", unit="L", origin="device")  # arg-type
    pexcalc.Labs(fibrinogen=2.6)  # arg-type
    pexcalc.Labs(fibrinogn=Q(2.6, "g/L"))  # call-arg
    pexcalc.Fluid(choice="water")  # arg-type
    pexcalc.DoseOrder(exchange_volume="3000 mL")  # arg-type
    pexcalc.Order(indication="ttp", patient=order.patient, dose={"plasma_volumes": 1})  # arg-type
    pexcalc.Order(indication="ttp", dose=order.dose)  # call-arg
    pexcalc.prescribe(order.patient)  # arg-type
    pexcalc.plan_circuit(Q(5, "L"), 0.4, 1.0, 60, 12, 0.85)  # arg-type
    pexcalc.expected_removal("igg", 1.0, 2.0)  # call-overload
    pexcalc.simulate_course("igg", "1", Q(2, "h"), Q(48, "h"))  # call-overload
    pexcalc.custom_solute("own", half_life=20)  # arg-type
    pexcalc.grade_crs(39, False, (), "room-air")  # arg-type
    print(prescription.volumes.plasma_volume.typical.magnitde)  # attr-defined
    print(prescription.circuit.run_time)  # union-attr
    print(prescription.dose.plasma_volumes.low.m_as("mL"))  # attr-defined
    print(order.weight)  # attr-defined
