"""The recipes of docs/recipes, run as they stand, over HTTP and the protocol they are for."""

import asyncio
import json
import re
import sys
import types

import pytest

import pexcalc
from tests.support.bundles import observation
from tests.support.paths import ROOT
from tests.support.patients import wire

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Four fields of a form at fault: two words that are not known, a range, and no UCUM code.
FAULTY = {
    "indication": "ttpp", "sex": "Male",
    "height": {"value": 1.75, "unit": "cm"}, "weight": {"value": 60, "unit": "lb"},
}  # fmt: skip
FAULTS = [
    (["indication"], "unknown", "ttp"), (["patient.sex"], "unknown", "male"),
    (["patient.height"], "range", "1.75 m"), (["patient.weight.unit"], "unit", "[lb_av]"),
]  # fmt: skip


def recipe(name, *needed):
    """The names that the blocks of a page define; skipped where a package of it is missing."""
    for package in needed:
        pytest.importorskip(package)
    names = {"__name__": "recipe"}
    for text in BLOCK.findall((ROOT / "docs" / "recipes" / name).read_text(encoding="utf-8")):
        exec(compile(text, name, "exec"), names)
    return names


def client(page):
    names = recipe(page, "fastapi", "httpx")
    from fastapi.testclient import TestClient

    return TestClient(names["app"])


def shown(faults):
    return [(one["fields"], one["kind"], *one["meant"]) for one in faults]


def test_four_faulty_fields_are_four_faults_in_python():
    with pytest.raises(pexcalc.OrderError) as caught:
        pexcalc.Order.from_json(json.dumps(wire(**FAULTY)))
    assert shown(caught.value.to_wire()) == FAULTS
    assert len(str(caught.value).splitlines()) == 4


def answers_orders_and_faults(answer, service):
    """What each service gives: for an order, one with faults, a doubled name, and as its schema."""
    sent = json.dumps(wire())
    done = answer(sent)
    assert done.status_code == 200
    result = pexcalc.Prescription.from_json(done.content)
    assert result == pexcalc.prescribe(pexcalc.Order.from_json(sent))
    refused = answer(json.dumps(wire(**FAULTY)))
    assert (refused.status_code, shown(refused.json()["faults"])) == (422, FAULTS)
    for fault in refused.json()["faults"]:
        assert fault["message"].startswith(f"{fault['fields'][0]}: got ")
    assert answer('{"label": "a", "label": "b"}').status_code == 422
    assert service.get("/schemas/order").json() == pexcalc.order_schema()
    assert service.get("/prescriptions").status_code == 405


def test_the_web_service_answers_orders_and_faults():
    service = client("fastapi.md")
    answers_orders_and_faults(lambda text: service.post("/prescriptions", content=text), service)


def test_the_view_with_django_answers_orders_and_faults(monkeypatch):
    pytest.importorskip("django")
    module = types.ModuleType("recipe_of_django")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    module.__dict__.update({**recipe("django.md"), "__name__": module.__name__})
    from django.test import Client, override_settings

    with override_settings(ROOT_URLCONF=module.__name__):
        service, kind = Client(), "application/json"
        answers_orders_and_faults(
            lambda text: service.post("/prescriptions", data=text, content_type=kind), service
        )


def test_the_cds_hooks_service_returns_cards():
    service = client("cds-hooks.md")
    known = service.get("/cds-services").json()["services"][0]
    assert {"id", "hook", "title", "description", "prefetch"} <= set(known)
    patient = {
        "resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "1990-03-01",
    }  # fmt: skip
    observed = [observation("29463-7", 65, "kg"), observation("8302-2", 172, "cm")]

    def cards(*entries):
        prefetch = {"patient": patient, "observations": {"entry": list(entries)}}
        asked = {"hook": known["hook"], "hookInstance": "1", "context": {}, "prefetch": prefetch}
        done = service.post(f"/cds-services/{known['id']}", json=asked)
        assert done.status_code == 200
        found = done.json()["cards"]
        assert all(len(card["summary"]) < 140 and card["source"]["label"] for card in found)
        assert {card["indicator"] for card in found} <= {"info", "warning", "critical"}
        return found

    volume, *rest = cards(*observed, observation("4544-3", 27, "%"))
    assert volume["summary"] == "Plasma volume 2.7 L to 4.0 L, typical 3.3 L"
    assert any(card["summary"].startswith("Not checked") for card in rest)
    [missing] = cards(*observed)
    assert missing["summary"].startswith("No calculation: ")
    assert "hematocrit" in missing["detail"]


def test_the_tool_for_language_models_answers_over_its_protocol():
    names = recipe("mcp.md", "mcp")
    from mcp import Client

    async def call(tool, **arguments):
        async with Client(names["server"]) as session:
            names_of_tools = {one.name for one in (await session.list_tools()).tools}
            assert names_of_tools == {"plasma_exchange", "order_format"}
            return await session.call_tool(tool, arguments)

    def text(tool, **arguments):
        return asyncio.run(call(tool, **arguments)).content[0].text

    good = json.loads(text("plasma_exchange", order=json.dumps(wire())))
    assert len(good["summary"].splitlines()) == 10
    assert {"on_hold", "alerts", "not_checked"} < set(good)
    bad = json.loads(text("plasma_exchange", order=json.dumps(wire(**FAULTY))))
    assert shown(bad["faults"]) == FAULTS
    assert json.loads(text("order_format")) == pexcalc.order_schema(slim=True)


def test_the_nightly_job_reports_what_became_of_the_table(tmp_path, capsys):
    names = recipe("nightly.md", "polars")
    import polars as pl

    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    row = {"mrn": "007", "code": "x", "sex": "male", "age_y": 23, "height_cm": 172, "weight_kg": 65,
           "hematocrit": 0.27, "exchange_volume_mL": 3000, "indication": "gbs-primary"}  # fmt: skip
    table = pl.DataFrame([row, {**row, "exchange_volume_mL": 4000}, {**row, "weight_kg": 6500}])
    table.write_parquet(source)
    assert names["nightly"](source, target) == 0
    assert json.loads(capsys.readouterr().out) == {
        "rows": 3, "marked": {"weight-refused": 1}, "outside_the_listed_dose": 1,
        "unread": ["mrn", "code"],
    }  # fmt: skip
    table.rename({"weight_kg": "wieght_kg"}).write_parquet(source)
    assert names["nightly"](source, target) == 1
    assert "weight_kg" in json.loads(capsys.readouterr().err)["faults"][0]["meant"]
