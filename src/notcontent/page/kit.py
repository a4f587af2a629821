"""The kit: the page as one file that works from a disk, without any network. Pure.

It is joined out of the very modules that are served, without a bundler: each becomes the scope of a function, and what
it imports comes from a table. Comments, indentation and blank lines are left out, and kitSend.js, which sends nothing,
stands in for send.js; nothing else is changed but how a module is fetched and where the worker comes from.
See docs/spec/person.md §8.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from notcontent.page.languages import Language, read_text
from notcontent.page.rendering import ELSEWHERE, data_block, render_page

#: Fetched lazily by the page; the kit does without: what needs the network, and what is large.
LEFT_OUT = frozenset({"screensCase.js", "video.js", "heic.js", "codecs.js"})
#: Texts of screens that are left out.
_TEXTS_LEFT_OUT = (*ELSEWHERE, "status", "withdraw", "comeBack", "notTaken")

_IMPORT = re.compile(r"^import (?:\{([^}]*)\} from )?'\./([\w.]+)';\n", re.MULTILINE)
_LAZY = re.compile(r"\bimport\('\./([\w.]+)'\)")
_EXPORT = re.compile(r"^export (?=(?:const|function|async function|class) (\w+))", re.MULTILINE)


class NotJoinable(ValueError):
    """A module uses a form of import or export, or of text, that the kit does not know."""


def render_kit(
    language: Language, site: Mapping[str, Any], words: Sequence[str], made: date, *, sealing: bool = True
) -> str:
    """The whole file. `words`: the list that passphrases are chosen from, empty where digits are used.

    `sealing`: False leaves out the two modules that seal; only to weigh the rest.
    """
    style = _tight_style(_read("look.css"))
    script = _page_script(sealing)
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; worker-src blob:; style-src {_hash(style)}; img-src data:; "
        "connect-src 'none'; form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
        "trusted-types default"
    )
    page = render_page(language, dict(site), left_out=_TEXTS_LEFT_OUT)
    for old, new in (
        (r"<html ", f'<html data-kit="yes" data-made="{made.isoformat()}" '),
        (
            r'<meta charset="utf-8">\n',
            f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
        ),
        (r'<link rel="stylesheet"[^>]*>\n', f"<style>{style}</style>\n"),
        (r'<script src="[^"]*"></script>\n', ""),
        (r'<script type="module"[^>]*></script>\n', ""),
        (r"<body>\n", f'<body>\n<p class="practice">{_say(language, "kit.banner")}</p>\n'),
        (r"<noscript>.*?</noscript>", f"<noscript><h1>{_say(language, 'script.heading')}</h1></noscript>"),
        (
            r"</body>",
            _block("kit-words", "text/plain", "\n".join(words))
            + _block("kit-help", "application/json", data_block(_pack_help(json.loads(_read("help.json")))))
            + _block("kit-worker", "text/plain", _worker_script())
            + f"<script>{script}</script>\n</body>",
        ),
    ):
        page = _replace_once(old, new, page)
    return page


def join_modules(read: Mapping[str, str], first: str, left_out: frozenset[str] = frozenset()) -> str:
    """One classic script out of the module `first` and all that it imports, in an order in which each has its imports.

    `read`: sources by name. Raises `NotJoinable`.
    """
    order: list[str] = []
    _visit(first, read, left_out, order, ())
    scopes = "".join(_scope(name, read[name]) for name in order)
    return (
        "const kitModules = {};\n"
        "const kitModule = async (name) => {\n"
        "if (!(name in kitModules)) throw new Error('not in the kit');\nreturn kitModules[name];\n};\n" + scopes
    )


def _visit(
    name: str, read: Mapping[str, str], left_out: frozenset[str], order: list[str], path: tuple[str, ...]
) -> None:
    if name in order:
        return
    if name in path or name not in read:
        raise NotJoinable(f"{name} is missing, or imports itself by way of others.")
    asked = [found[2] for found in _IMPORT.finditer(read[name])] + _LAZY.findall(read[name])
    for other in asked:
        if other not in left_out:
            _visit(other, read, left_out, order, (*path, name))
    order.append(name)


def _scope(name: str, source: str) -> str:
    def from_table(found: re.Match[str]) -> str:
        if found[1] is None:
            return ""
        return f"const {{{found[1].replace(' as ', ': ')}}} = kitModules['./{found[2]}'];\n"

    body = _IMPORT.sub(from_table, source)
    names = [found[1] for found in _EXPORT.finditer(body)]
    body = re.sub(r"\bimport\(", "kitModule(", _EXPORT.sub("", body))
    if re.search(r"^(import|export)\b", body, re.MULTILINE):
        raise NotJoinable(f"{name} imports or exports in a form that the kit does not know.")
    return f"kitModules['./{name}'] = (() => {{\n{tighten(body)}return {{ {', '.join(names)} }};\n}})();\n"


def tighten(source: str) -> str:
    """The script without comments that have lines to themselves, indentation and blank lines. Raises `NotJoinable`."""
    source = re.sub(r"^[ \t]*/\*\*.*?\*/\n", "", source, flags=re.MULTILINE | re.DOTALL)
    lines = [line.strip() for line in source.splitlines()]
    kept = [line for line in lines if line and not line.startswith("//")]
    # A text over several lines would lose its indentation; nothing in a script may end the element it stands in.
    if any(line.count("`") % 2 for line in kept) or re.search(r"</script|<!--", source, re.IGNORECASE):
        raise NotJoinable("A text in a script spans lines, or ends the script.")
    return "".join(f"{line}\n" for line in kept)


@cache
def _page_script(sealing: bool) -> str:
    read = _modules()
    read["send.js"] = read["kitSend.js"]
    if not sealing:
        read |= {"seal.js": "", "chacha.js": ""}
    lockdown = _replace_once(r"'/page/worker\.js'", "kitWorker", read["lockdown.js"])
    read["main.js"] = _replace_once(
        r"new Worker\('/page/worker\.js', \{ type: 'module' \}\)", "new Worker(kitWorker)", read["main.js"]
    )
    return (
        "'use strict';\nconst kitWorker = URL.createObjectURL("
        "new Blob([document.getElementById('kit-worker').textContent], { type: 'text/javascript' }));\n"
        f"(() => {{\n{tighten(lockdown)}}})();\n{join_modules(read, 'main.js', LEFT_OUT)}"
    )


@cache
def _worker_script() -> str:
    return "'use strict';\n" + join_modules(_modules(), "worker.js", LEFT_OUT)


def _modules() -> dict[str, str]:
    return {
        file.name: file.read_text("utf-8") for file in files("notcontent.page").iterdir() if file.name.endswith(".js")
    }


def _pack_help(help_lines: dict[str, Any]) -> dict[str, Any]:
    """The list with the names of its fields said once; kitSend.js unpacks it."""
    countries = help_lines["countries"]
    names = sorted({name for country in countries.values() for line in country["lines"] for name in line})
    packed = {
        code: [country["emergency"], [[line[name] for name in names] for line in country["lines"]]]
        for code, country in countries.items()
    }
    return {"names": names, "countries": packed}


def _read(name: str) -> str:
    return files("notcontent.page").joinpath(name).read_text("utf-8")


def _say(language: Language, key: str) -> str:
    return html.escape(read_text(language.tag, key))


def _tight_style(style: str) -> str:
    bare = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\n\s*", "\n", bare)).replace(";}", "}").strip()


def _block(name: str, kind: str, text: str) -> str:
    return f'<script type="{kind}" id="{name}">{text}</script>\n'


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _replace_once(pattern: str, new: str, text: str) -> str:
    changed, times = re.subn(pattern, lambda _: new, text, flags=re.DOTALL)
    if times != 1:
        raise NotJoinable(f"What the kit replaces stands {times} times where it should stand once: {pattern}")
    return changed
