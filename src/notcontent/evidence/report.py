"""The pages of a folder of evidence: a report to print, a form to sign, and what it proves. Pure; nothing is linked."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

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


def write_report(opened: Sequence[Opened], closed: Sequence[Manifest], package: Package, now: datetime) -> str:
    """The report as HTML that loads nothing. `closed`: what this copy does not open."""
    parts = [
        "<h1>Report of evidence</h1>",
        f"<p>Made {format_time(now)} of {len(opened) + len(closed)} records. The texts below are what the records "
        "hold; <code>verify.py</code> checks them against signatures and timestamps, and <code>READ-ME.txt</code> says "
        "what that proves. Pictures of pages are masked in grey, those of screens in black.</p>",
    ]
    for number, one in enumerate(opened, start=1):
        rows = [(part.name.replace("_", " "), part.value) for part in one.record.fields]
        hidden = len(one.record.parts) - len(one.record.fields)
        if hidden:
            rows.append(("withheld in this version", f"{hidden} fields; their hashes stand in record.txt"))
        about = _table(_about(one.manifest, package))
        parts += [f"<section><h2>Record {number}</h2>", about, _table(rows), "</section>"]
        if "masked.txt" in one.files:
            parts += ["<h3>Pictures and videos that were masked</h3>", _pre(one.files["masked.txt"])]
        parts += [_picture(name, data) for name, data in one.files.items() if name.endswith(".png")]
    for number, manifest in enumerate(closed, start=len(opened) + 1):
        told = "Captured in full, sealed to the helpline's offline key alone, and not opened for this copy."
        parts += [f"<section><h2>Record {number}</h2>", _table(_about(manifest, package)), f"<p>{told}</p></section>"]
    rows = [
        (format_time(touch.at), f"{touch.what}, by {touch.actor} ({touch.evidence[:8]})") for touch in package.custody
    ]
    parts += ["<section><h2>Every access</h2>", _table(rows), "</section>"]
    return _page("Report of evidence", parts)


def write_form(package: Package, name: str, tool: str, clock: str, now: datetime) -> str:
    """The form that whoever collected it fills in and signs by hand."""
    ids = ", ".join(manifest.evidence for manifest in package.manifests)
    keepers = ", ".join(sorted({manifest.keeper for manifest in package.manifests}))
    asked = [
        ("Records", ids), ("Who collected this", name), ("When this folder was made", format_time(now)),
        ("When and how it was collected: what was done, step by step", ""), ("Tool and version", tool),
        ("Which clock, and how far off", clock), ("Who the accounts are that kept it", keepers),
        ("SHA-256 of the file SHA256SUMS (verify.py prints it)", ""),
        ("The helpline's root key (verify.py prints it)", ""), ("Place and day", ""), ("Signature", ""),
    ]  # fmt: skip
    rows = "".join(
        f"<tr><th>{escape(label)}</th><td>{escape(value)}{_LINE * (3 if 'step by step' in label else 1)}</td></tr>"
        for label, value in asked
    )
    return _page(
        "Statement of the collector",
        [
            "<h1>Statement of the collector</h1>",
            "<p>I collected what is in this folder as it is described here. What I did not see myself is marked so "
            "in the records.</p>",
            f"<table>{rows}</table>",
        ],
    )


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


def _about(manifest: Manifest, package: Package) -> list[tuple[str, str]]:
    return [
        ("id", manifest.evidence), ("kept at", format_time(manifest.kept)), ("kept by (account)", manifest.keeper),
        ("tool", manifest.tool), ("SHA-256 of the record", manifest.record_sha256),
        ("timestamps by authorities", f"{package.stamps_of(manifest)}; verify.py tells their times"),
    ]  # fmt: skip


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


def _page(title: str, parts: Iterable[str]) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{_STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>\n"
    )
