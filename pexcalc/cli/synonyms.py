"""Words that people type for an option, and what a refused command line says was meant."""

import click

from pexcalc.data.spelling import most_alike

# Words that people type for an option, and the option; for some the two or three it may be.
_SYNONYMS = {
    other: options
    for options, others in (
        ("--sex", "gender"),
        ("--height --hematocrit", "ht"),
        ("--weight", "wt"),
        ("--hematocrit", "hct haematocrit"),
        ("--blood-volume", "tbv"),
        ("--plasma-volumes", "pv"),
        ("--exchange-volume", "ev"),
        ("--plasma-volumes --exchange-volume", "volume dose"),
        ("--indication", "diagnosis disease"),
        ("--session-number --sessions", "session"),
        ("--every", "interval"),
        ("--fluid", "replacement replacement-fluid"),
        ("--drug", "medicine medicines medication medications"),
        ("--finding", "allergy iga"),
        ("--state --gestation", "pregnant pregnancy weeks"),
        ("--systolic", "bp blood-pressure"),
        ("--platelets", "plt"),
        ("--potassium", "k"),
        ("--ionized-calcium", "ca ica"),
        ("--blood-group", "abo blood-type"),
        ("--inlet-flow --blood-flow", "flow"),
        ("--anticoagulant", "acd"),
        ("--patient-label", "label name mrn patient"),
        ("--order", "file"),
        ("--html", "out output pdf print"),
        ("--why", "full"),
    )
    for other in others.split()
}
_LIKE_A_NAME = 0.7  # judgement: how like an option has to be to be what was meant, from 0 to 1


def usage_words(error: click.UsageError) -> str:
    """What click says, with what was probably meant."""
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        meant = " or ".join(_options_meant(error))
        where = error.ctx.command_path if error.ctx else "pexcalc"
        behind = f" Did you mean {meant}?" if meant else f" {where} --help lists all."
        return f"No such option {error.option_name}.{behind}"
    if message.startswith("Got unexpected extra argument"):
        return f'{message} Put a value with a space in quotes: --weight "65 kg".'
    return message


def _options_meant(error: click.NoSuchOption) -> list[str]:
    """The option of the command that is another word for the unknown one, or those most like it."""
    typed = error.option_name.strip("-")
    params = error.ctx.command.params if error.ctx else ()
    options = {name for one in params for name in one.opts}
    if meant := [name for name in _SYNONYMS.get(typed, "").split() if name in options]:
        return meant
    known = {name.strip("-"): name for name in error.possibilities or ()}
    near = most_alike(typed, known, likeness=_LIKE_A_NAME)
    return [name for word, name in known.items() if word in near]
