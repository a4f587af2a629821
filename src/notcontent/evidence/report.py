"""The pages of a folder of evidence: a report to print, a form to sign, and what it proves. Pure; nothing is linked."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from notcontent.evidence.labels import Labels
from notcontent.evidence.manifest import Manifest
from notcontent.evidence.package import Package
from notcontent.evidence.record import Record
from notcontent.feed.text import format_time

_STYLE = (
    "body{font:11pt/1.45 'Noto Sans','Noto Sans CJK SC',sans-serif;max-width:19cm;margin:1cm auto;color:#111}"
    "table{border-collapse:collapse;width:100%;margin:.4cm 0}th,td{border:1px solid #999;padding:.12cm .2cm;"
    "text-align:start;vertical-align:top;overflow-wrap:anywhere}th{background:#eee;font-weight:600;width:30%}"
    "h1{font-size:18pt}h2{font-size:13pt;margin-top:.8cm}code{font-size:9pt;overflow-wrap:anywhere}"
    "figure{margin:.4cm 0;break-inside:avoid}img{max-width:100%;max-height:24cm;border:1px solid #999}"
    ".line{border-bottom:1px solid #111;height:.9cm}section{break-inside:avoid-page}"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A piece of evidence as this version tells it, and the bytes of its files by name."""

    manifest: Manifest
    record: Record
    files: Mapping[str, bytes]


def write_report(
    opened: Sequence[Opened], closed: Sequence[Manifest], package: Package, now: datetime, say: Labels
) -> str:
    """The report as HTML that loads nothing. `closed`: what this copy does not open."""
    intro = escape(say("intro", time=format_time(now), n=len(opened) + len(closed), verify=_VERIFY, readme=_READ_ME))
    for name in (_VERIFY, _READ_ME):
        intro = intro.replace(name, f"<code>{name}</code>")
    parts = [f"<h1>{escape(say('report'))}</h1>", _text(intro + " " + escape(say("as_in_files")))]
    for number, one in enumerate(opened, start=1):
        rows = [(part.name.replace("_", " "), part.value) for part in one.record.fields]
        hidden = len(one.record.parts) - len(one.record.fields)
        if hidden:
            rows.append((say("withheld"), say("withheld_fields", n=hidden)))
        about = _table(_about(one.manifest, package, say))
        parts += [f"<section><h2>{escape(say('record', n=number))}</h2>", about, _table(rows), "</section>"]
        if "masked.txt" in one.files:
            parts += [f"<h3>{escape(say('masked'))}</h3>", _pre(one.files["masked.txt"])]
        parts += [_picture(name, data) for name, data in one.files.items() if name.endswith(".png")]
    for number, manifest in enumerate(closed, start=len(opened) + 1):
        about = _table(_about(manifest, package, say))
        heading = f"<section><h2>{escape(say('record', n=number))}</h2>"
        parts += [heading, about, f"{_text(escape(say('closed')))}</section>"]
    rows = [
        (format_time(touch.at), say("touch", what=touch.what, actor=touch.actor, evidence=touch.evidence[:8]))
        for touch in package.custody
    ]
    parts += [f"<section><h2>{escape(say('access'))}</h2>", _table(rows), "</section>"]
    return _page("report", parts, say)


def write_form(package: Package, told: Mapping[str, str], now: datetime, say: Labels) -> str:
    """The form that whoever collected it fills in and signs by hand. `told`: what stands there already, by label."""
    ids = ", ".join(manifest.evidence for manifest in package.manifests)
    keepers = ", ".join(sorted({manifest.keeper for manifest in package.manifests}))
    known = {"records": ids, "made": format_time(now), "accounts": keepers, **told}
    rows = "".join(
        f"<tr><th>{escape(say(label))}</th>"
        f"<td>{escape(known.get(label, ''))}{_LINE * (3 if label == 'how' else 1)}</td></tr>"
        for label in _ASKED
    )
    parts = [f"<h1>{escape(say('form'))}</h1>", _text(escape(say("statement"))), f"<table>{rows}</table>"]
    return _page("form", parts, say)


_ASKED = (
    "records", "who", "made", "how", "tool_version", "clock", "accounts", "sums", "root", "place", "signature",
)  # fmt: skip
_VERIFY, _READ_ME = "verify.py", "READ-ME.txt"
_LINE = '<div class="line"></div>'


def what_it_proves(is_withheld: bool) -> str:
    """READ-ME.txt."""
    return _PROVES.replace("{withheld}", _WITHHELD if is_withheld else "")


_WITHHELD = """
This version withholds her name, case and picture code. Each withheld field is
replaced by its hash, so the signatures and timestamps hold for this version as
they do for the whole one. Whoever has the whole one can show a withheld field
later, and this version proves that it was there from the beginning. Of captured
pages only the list of what was masked is here, and no photo of a screen.
"""
_PROVES = """\
WHAT THIS FOLDER PROVES, AND WHAT NOT
Not reviewed by a lawyer. Ask one before you rely on it in court.

It proves, if verify.py says that everything holds:
- that each record existed, word for word, at the time which its timestamps
  name. Authorities that are no party here gave them (RFC 3161). Ask them for
  their certificates; those beside the stamps are copies;
- that the helpline whose root key is in root.pub kept it and released it, and
  that nothing was changed since. Its exchange signs with exchange.pub, for
  which the root key vouches. The helpline's site shows its root key, at
  /root-key. Ask the helpline for it too, on a way of your own, and compare;
  sites that follow its list have pinned it;
- who at the helpline touched it and when, by its own account (custody.txt);
- that each masked picture or video of a captured page had the listed type,
  length and SHA-256. Whoever holds the original, as the host does, can compare
  it without anyone handing it around.

It does not prove:
- that what a record says is true, or who made or posted what it describes: a
  person wrote it down;
- that a page looked the same to others, in another country, at another time;
- what a masked picture shows, or what was black in a photo of a screen. Such a
  photo was changed by hand on purpose: its windows show texts as they were, and
  original_sha256 is the hash of the photo, if somebody still has it;
- who sat at the helpline's account.
{withheld}
HOW TO CHECK IT
  python3 verify.py            needs Python 3.9 and openssl 3 or newer, no network
  python3 verify.py . RW...    with the root key that the helpline told you
Distrust a script that comes with what it checks? It is about 280 lines, and the
same file is in the public source code of notcontent; docs/spec/evidence.md
there says how to write your own. Give the folder on as it is: opening a file
changes nothing, adding or removing one does.
"""


def _about(manifest: Manifest, package: Package, say: Labels) -> list[tuple[str, str]]:
    told = {
        "id": manifest.evidence, "kept_at": format_time(manifest.kept), "kept_by": manifest.keeper,
        "tool": manifest.tool, "record_sha256": manifest.record_sha256,
        "stamps": say("stamped", n=package.stamps_of(manifest)),
    }  # fmt: skip
    return [(say(name), text) for name, text in told.items()]


def _text(html: str) -> str:
    return f"<p>{html.strip()}</p>"


def _picture(name: str, png: bytes) -> str:
    packed = base64.b64encode(png).decode()
    return f'<figure><figcaption>{escape(name)}</figcaption><img alt="" src="data:image/png;base64,{packed}"></figure>'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td dir="auto">{escape(text)}</td></tr>' for name, text in rows
    )
    return f"<table>{cells}</table>"


def _pre(text: bytes) -> str:
    return f"<pre style='white-space:pre-wrap;overflow-wrap:anywhere;font-size:8pt'>{escape(text.decode())}</pre>"


def _page(title: str, parts: Iterable[str], say: Labels) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        f'<!doctype html><html lang="{say.language}"><head><meta charset="utf-8"><title>{escape(say(title))}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{_STYLE}</style></head>'
        f"<body>{''.join(parts)}{_text(escape(say('unreviewed')))}</body></html>\n"
    )
