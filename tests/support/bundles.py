"""An Observation of FHIR R4 as a laboratory sends it."""


def observation(loinc, value, unit, **changes):
    """The entry of a Bundle that holds one measured value of the patient p1."""
    ucum = "http://unitsofmeasure.org"
    resource = {
        "resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "effectiveDateTime": "2025-06-24T08:00:00+02:00",
        "valueQuantity": {"value": value, "unit": unit, "system": ucum, "code": unit},
        **changes,
    }  # fmt: skip
    return {"resource": resource}
