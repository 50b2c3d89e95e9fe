"""In which registry a quantity is that was read: the host program's, and not one of the program's own."""

import pickle
import subprocess
import sys

import pint
import pytest

from pexcalc import Order, Prescription, Site, parse_quantity, prescribe
from tests.support.patients import order, wire


@pytest.fixture
def own():
    """A registry of a host program, set as pint's application registry for one test."""
    before, registry = pint.get_application_registry().get(), pint.UnitRegistry()
    pint.set_application_registry(registry)
    yield registry
    pint.set_application_registry(before)


def weight(read):
    return read.patient.weight


def test_what_is_read_is_in_the_application_registry(own):
    read = Order.from_wire(wire())
    found = prescribe(read)
    site = Site.from_toml(
        b'name = "St. Example"\n[products.fresh-frozen-plasma]\ncontainers = ["230 mL"]'
    )
    again = Prescription.from_json(found.to_json())
    for one in (
        parse_quantity("65 kg"), weight(read), found.volumes.plasma_volume.high,
        weight(pickle.loads(pickle.dumps(order()))), again.volumes.plasma_volume.low,
        site.products["fresh-frozen-plasma"].containers[0],
    ):  # fmt: skip
        assert one._REGISTRY is own
        assert one + one == 2 * own.Quantity(one.magnitude, str(one.units))


def test_a_registry_that_is_named_comes_first(own):
    other = pint.UnitRegistry()
    assert parse_quantity("65 kg", other)._REGISTRY is other
    assert weight(Order.from_wire(wire(), other))._REGISTRY is other


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_threads_that_import_first_share_one_complete_registry():
    code = """
import sys, threading
sys.setswitchinterval(1e-6)
start, found = threading.Barrier(16), []
def work():
    start.wait()
    import pexcalc
    height, weight = map(pexcalc.parse_quantity, ("172 cm", "65 kg"))
    volume = pexcalc.nadler_blood_volume(height, weight, "male").m_as("mL")
    found.append((id(weight._REGISTRY), round(volume, 4)))
threads = [threading.Thread(target=work) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(found), len(set(found)), found[0][1])
"""
    assert run(code) == ["16", "1", "4563.4016"]


def test_the_command_does_not_build_the_registry_of_pint():
    code = """
import pint
from click.testing import CliRunner
from pexcalc.cli import cli
flags = "--sex male --age 23y --height 172cm --weight 65kg --hematocrit 27%".split()
asked = ["--indication", "crs-car-t", "--exchange-volume", "3000 mL"]
for command in (["prescribe", *flags, *asked], ["volume", *flags]):
    assert CliRunner().invoke(cli, command).exit_code == 0
print(type(pint.application_registry.get()).__name__)
"""
    assert run(code) == ["LazyRegistry"]
