"""Crimes that a notice can name, by their own country's name for them. Which law holds, somebody has to decide."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offence:
    """One provision as it is cited there. None of them was read in its official text: look before you name it."""

    country: str
    provision: str
    source: str


OFFENCES: dict[str, Offence] = {
    "de": Offence("DE", "§ 201a StGB (DE)", "German legal pages that name it for pictures of private life"),
    "es": Offence(
        "ES", "artículo 197.7 del Código Penal (ES)", "Spanish guides that name it for forwarded intimate pictures"
    ),
    "fr": Offence("FR", "article 226-2-1 du code pénal (FR)", "French guides that name it for intimate pictures"),
    "it": Offence("IT", "articolo 612-ter del codice penale (IT)", "Italian guides that name it for intimate pictures"),
    "pl": Offence("PL", "art. 191a Kodeksu karnego (PL)", "Polish guides that name it for intimate pictures"),
}
