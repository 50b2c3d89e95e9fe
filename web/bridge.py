"""What the page calls in its worker: texts of JSON in, texts of JSON out."""

import json
from pathlib import Path

from pexcalc import form
from pexcalc.order.order import Order
from pexcalc.order.site import Site
from pexcalc.quantities.errors import QuantityError

_SITE_FILE = Path(__file__).parent / "site.toml"
SITE = Site.read(_SITE_FILE) if _SITE_FILE.exists() else None
SYSTEM = SITE.units if SITE else "entered"


def answer(fields: str, views: str) -> str:
    """The answer to the fields, with the views that are named with spaces between them."""
    return form.answer(json.loads(fields), SITE, SYSTEM).to_json(views.split())


def opened(text: str) -> str:
    """The fields of an order that was saved, or under `error` why it cannot be opened."""
    try:
        return json.dumps({"fields": form.fields_from_order(Order.from_json(text).to_wire())})
    except QuantityError as error:
        return json.dumps({"error": str(error)})
