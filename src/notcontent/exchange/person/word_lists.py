"""Which words a passphrase is chosen from in each language (docs/spec/person.md §1). The one place that decides it.

A list serves when seven of its words, or six of 7,776, make at least 77 bits, and when words may be joined without
spaces and still be told apart: after normalising none is equal to another or begins another (tested).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from notcontent.exchange.person.page_files import PageFile


@dataclass(frozen=True, slots=True)
class WordList:
    """A list in a PyPI package, how many of its words make a passphrase, and which of them nobody should be given."""

    package: str
    path: str
    words: int
    left_out: str = r"(?!)"


#: Beginnings of words on diceware's Spanish list, which was counted out of newspapers, that must not meet her here:
#: violence, death, sex, insults, and people known for violence. Harmless words go with them; more than 7,776 stay.
HARSH_SPANISH = (
    "abort|abus|acech|acus|agrav|asalt|asco$|ataca|ataque|atrapa|azota$|azotes|bragueta|brutal|brutas|bruto|burdel|burl|calumnia|"
    "captor|cautiv|cerd[ao]$|cianuro|cobarde|coge[nr]|cogid|cojones|concha|crimen|cruel|cruenta|culo$|culpa|deceso|delitos|detesto|"
    "difunt|drogas|encinta|escort$|espia|estafas|feas$|fecal|feos$|fetal|fetiche|fetos|flagelo|follar|fusil|gemid|gemir|golpes|"
    "gord[aou]|hachas|heces|herid|herir|hiere|hitler|horca|horrendo|hostias|incesto|infam|jod|laden$|ladrones|libido|lujuria|luto$|"
    "macabr|mafi|mald|mali[cg]|maltrato|malvada|mata[bmnrs]|mate[ns]$|mierda|morbos|mori[mr]|mortaja|muer[aeot]|nalgas|obscen|odia|"
    "odios|ofen[ds]|orgasmo|pecados|pechos|pedos|pendejos|pezones|porno|pubis|putas|putin|puto$|rabia|rape|rapto|sadam|saddam|"
    "sadismo|sangr|sepelio|sexo|sexy|stalin|terror|tetas|tumba|violada|virgen|virgo"
)

#: Languages without a row use 24 digits.
WORD_LISTS: Mapping[str, WordList] = MappingProxyType(
    {
        "en": WordList("diceware", "wordlists/wordlist_en_eff.txt", 6),
        "es": WordList("diceware", "wordlists/wordlist_es.txt", 6, HARSH_SPANISH),
        "zh-Hans": WordList("mnemonic", "wordlist/chinese_simplified.txt", 7),
        "zh-Hant": WordList("mnemonic", "wordlist/chinese_traditional.txt", 7),
        "ko": WordList("mnemonic", "wordlist/korean.txt", 7),
        "ja": WordList("mnemonic", "wordlist/japanese.txt", 7),
    }
)


@cache
def words_of(language: str) -> tuple[str, ...]:
    """The words as they are shown (NFC), in the list's order. KeyError where the language has no list."""
    listed = WORD_LISTS[language]
    text = files(listed.package).joinpath(listed.path).read_text("utf-8")
    # diceware's English list has the dice's numbers in front.
    words = (unicodedata.normalize("NFC", line.split()[-1]) for line in text.splitlines() if line.strip())
    return tuple(word for word in words if not re.match(listed.left_out, word))


@cache
def word_file(language: str) -> PageFile | None:
    """The list as it is served, one word a line; None where the language has none."""
    if language not in WORD_LISTS:
        return None
    return PageFile(("\n".join(words_of(language)) + "\n").encode(), "text/plain; charset=utf-8")
