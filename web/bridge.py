"""What the page calls in its worker: texts of JSON in, texts of JSON out."""

import json
from pathlib import Path

from pexcalc import form
from pexcalc.order.order import Order
from pexcalc.order.site import Site
from pexcalc.prescription import prescribe
from pexcalc.printed import screen_text
from pexcalc.quantities.errors import QuantityError

from .answer_html import answer_html

_SITE_FILE = Path(__file__).parent / "site.toml"
SITE = Site.read(_SITE_FILE) if _SITE_FILE.exists() else None
SYSTEM = SITE.units if SITE else "entered"


def answer(fields: str, views: str) -> str:
    """The answer to the fields, with the views that are named with spaces between them, or all."""
    return form.answer(json.loads(fields), SITE, SYSTEM).to_json(views.split() or form.VIEWS)


def prescribed(order: str, views: str) -> str:
    """The answer to an order as JSON holds it."""
    made = Order.from_json(order, site=SITE)
    p = prescribe(made, SITE)
    rest = (made.to_wire(), p, p.cautions, p.not_checked, "", SYSTEM)
    return form.Answer((), (), {}, *rest).to_json(views.split() or form.VIEWS)


def shown(fields: str, view: str, typing: str, narrow: bool) -> str:
    """What the page shows: a view of the answer, and the HTML of every other place.

    A narrow window gets each paragraph of the screen in one line and wraps it itself.
    """
    given = json.loads(fields)
    found = form.answer(given, SITE, SYSTEM)
    wire = found.to_wire({"summary", view} - {"screen"})  # drawn once, below
    p = found.prescription
    text = screen_text(p, SYSTEM, wrap=False) if narrow and p else found.screen
    more = {"screen": _without_options(text), "html": answer_html(found, given, typing)}
    return json.dumps({**wire, **more})


_OF_OPTIONS = ("  Override: --override ", "Whole sheet: --full ")


def _without_options(text: str) -> str:
    """The lines of a text but those that name options of the command; the page has buttons.

    They are known by their beginning: what a user typed may hold two dashes too.
    """
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(_OF_OPTIONS))


def opened(text: str) -> str:
    """The fields of an order that was saved, or under `error` why it cannot be opened."""
    try:
        return json.dumps({"fields": form.fields_from_order(Order.from_json(text).to_wire())})
    except QuantityError as error:
        return json.dumps({"error": str(error)})
