"""The order in which fluids are given."""

from pexcalc.rules.fluids.row import Alert, FluidRule

# fmt: off
SEQUENCE: tuple[FluidRule, ...] = (
    FluidRule(
        id="plasma-not-last",
        when=lambda f: not f.findings.needs_plasma_last,
        effect="note",
        fluids=(),
        reason="the colloid without clotting factors first, plasma last: what is given early is "
        "exchanged out",
        source="dilution-law",
        strength="should",
        tag="derived",
        alert=Alert(
            "W-SEQ", "warn", lambda fluid: fluid.sequence in ("plasma-first", "mixed"),
            "The order of fluids is {value}: plasma that is not given last is exchanged out",
            about=("fluid.sequence",),
            value=lambda f, fluid: fluid.sequence,
        ),
    ),
    FluidRule(
        id="infusion-at-removal-rate",
        when=lambda f: True,
        effect="note",
        fluids=(),
        reason="match the replacement rate to the removal rate",
        source="albunorm-5",
        strength="must",
    ),
)
# fmt: on
