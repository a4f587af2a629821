"""The pages of the review queue: HTML made here, every value escaped, no script.

What they say is neutral on purpose. A reviewer reads where an upload was found and how far the helpline has looked, and
never a name, a distance or a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from notcontent.feed.entry import Tier
from notcontent.fingerprint.views.view import ViewKind
from notcontent.guard.review import Waiting
from notcontent.guard.uploads import Decision, Reason
from notcontent.guard.verdict import UPLOADER_TEXT

PREFIX = "/review"

_TIERS = {
    Tier.CLAIMED: "Somebody asked for this to be stopped; the helpline has not looked at it yet.",
    Tier.SEEN: "The helpline knows the case and has not confirmed it yet.",
    Tier.VERIFIED: "The helpline has confirmed it.",
}
_INSIDE = {
    ViewKind.WHOLE: "The whole upload",
    ViewKind.INVERTED: "The whole upload, with inverted colours",
    ViewKind.RESIZED: "The whole upload, resized",
    ViewKind.FRAME: "A frame of the video",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the four decisions."""

    reason: Reason
    decision: Decision
    title: str
    meaning: str


CHOICES = (
    Choice(
        Reason.INTIMATE, Decision.BLOCK, "Intimate, of a private person",
        "It stays away. The helpline hears that a person has looked.",
    ),
    Choice(Reason.NOT_INTIMATE, Decision.RELEASE, "Not intimate", "It may be shown."),
    Choice(
        Reason.PUBLIC_INTEREST, Decision.RELEASE, "Public interest",
        "News, protest, violence by police or state. It may be shown.",
    ),
    Choice(
        Reason.OWN_PICTURE, Decision.RELEASE, "Published by the person herself", "It may be shown.",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Session:
    """Who looks, and what proves that a form came from one of these pages."""

    reviewer: str
    form_key: str


@dataclass(frozen=True, slots=True)
class HoldRule:
    """When a hold ends by itself, and how; None: never."""

    at_most: timedelta
    then: Decision | None


def sign_in_page(*, failed: bool = False) -> str:
    """The door."""
    said = (
        '<p class="note-stop" role="alert">This is no token for reviewing. Ask for another one.</p>' if failed else ""
    )
    return _page(
        "Sign in",
        f"""<h1>Held uploads</h1>
<p>For people who decide about uploads that are held for a check.</p>{said}
<form method="post" action="{PREFIX}/sign-in" class="card">
<div class="field"><label for="token">Your token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required>
<p class="hint">Whoever runs the guard makes one with
<span class="code">notcontent guard token NAME --for review</span>.</p></div>
<button class="button-main">Sign in</button></form>""",
    )


def queue_page(
    session: Session, uploads: Sequence[Waiting], total: int, *, now: datetime, rule: HoldRule, done: str
) -> str:
    """All that waits, what waits longest first."""
    said = {
        Decision.BLOCK: "Decided: it stays away.",
        Decision.RELEASE: "Decided: it may be shown.",
        "gone": "Nothing is open about that upload any more.",
    }.get(done, "")
    note = f'<p class="note" role="status">{said}</p>' if said else ""
    if not uploads:
        body = (
            '<p class="empty">Nothing is held. New holds appear here by themselves when you open this page again.</p>'
        )
    else:
        rows = "".join(_row(each, now, rule) for each in uploads)
        more = f'<p class="quiet">And {total - len(uploads):,} more.</p>' if total > len(uploads) else ""
        body = f'<ul class="rows">{rows}</ul>{more}'
    count = "Nothing waits" if not total else f"{total:,} {'upload waits' if total == 1 else 'uploads wait'}"
    return _page("Held uploads", f"{note}<h1>{count}</h1><p>{_ends(rule)}</p>{body}", session)


def upload_page(session: Session, upload: Waiting, now: datetime, rule: HoldRule, *, preview: str) -> str:
    """One upload. `preview`: "none" if there can be none, "offered", or "shown"."""
    name = f'<bdi class="code">{escape(upload.object_id or upload.id)}</bdi>'
    where = _INSIDE.get(upload.view, "A part of the upload") if upload.view else "Not noted"
    if upload.at_s is not None:
        where += f", {int(upload.at_s) // 60}:{int(upload.at_s) % 60:02} from its beginning"
    facts = [
        ("Your id of it" if upload.object_id else "The guard's id of it", name),
        ("State", _state(upload)),
        ("Held since" if upload.held else "Since", _since(upload, now)),
        ("Found", escape(where)),
        ("How far it was looked at", escape(_TIERS[upload.tier])),
        ("List", escape(upload.list_name)),
    ]
    if (left := _left(upload, now, rule)) is not None:
        facts.append(("If nobody decides", left))
    table = "".join(f"<div><dt>{title}</dt><dd>{value}</dd></div>" for title, value in facts)
    here = f"{PREFIX}/uploads/{upload.id}"
    choices = "".join(
        f'<button class="button review-choice" name="reason" value="{each.reason}">'
        f'<strong>{each.title}</strong><span class="row-more">{each.meaning}</span></button>'
        for each in CHOICES
    )
    look = {
        "none": '<p class="quiet">Look at it in your own tools, under the id above. A picture is never kept here.</p>',
        "offered": f"<p>Nothing is shown until you ask. The picture then comes from your site, made coarse, and is "
        f'kept nowhere.</p><p><a class="button" href="{here}?preview=1">Show a coarse preview</a></p>',
        "shown": f'<button type="button" class="review-preview"><img class="picture-blurred" alt="Coarse preview"'
        f' src="{here}/preview"><span>Hold down to see more clearly</span></button>'
        f'<p><a href="{here}">Hide it</a></p>',
    }[preview]
    return _page(
        "One upload",
        f"""<p><a href="{PREFIX}">All held uploads</a></p><h1>Held for a check</h1>
<dl class="facts">{table}</dl>
<h2>What it shows</h2>{look}
<h2>Your decision</h2>
<p>It can't be changed here afterwards. Only what a person decides, never a match, may later count as looked at.</p>
<form method="post" action="{here}/decision" class="review-choices">
<input type="hidden" name="key" value="{escape(session.form_key)}">{choices}</form>
<h2>What others may read</h2>
<p>The uploader, and admins who don't review, read this sentence and nothing else:</p>
<p class="note">{UPLOADER_TEXT}</p>""",
        session,
    )


def error_page(title: str, text: str, session: Session | None = None) -> str:
    """Something did not work."""
    return _page(
        title, f'<h1>{escape(title)}</h1><p>{escape(text)}</p><p><a href="{PREFIX}">All held uploads</a></p>', session
    )


def _row(upload: Waiting, now: datetime, rule: HoldRule) -> str:
    left = _left(upload, now, rule)
    name = escape(upload.object_id or upload.id[:8])
    return (
        f'<li><a class="row" href="{PREFIX}/uploads/{upload.id}"><span class="row-main"><bdi class="code">{name}</bdi>'
        f'<span class="row-more">{_ago(upload, now)}{f"; {left}" if left else ""}</span></span>'
        f'<span class="row-side">{_state(upload)} <span class="tag">{upload.tier}</span></span></a></li>'
    )


def _state(upload: Waiting) -> str:
    if upload.held:
        return '<span class="state state-wait">held</span>'
    return '<span class="state state-none">passed; a near miss</span>'


def _since(upload: Waiting, now: datetime) -> str:
    if upload.since is None:
        return "not noted"
    exact = upload.since.strftime("%d %B %Y, %H:%M")
    return f'<time datetime="{upload.since.isoformat(timespec="minutes")}">{exact} UTC</time>, {_ago(upload, now)}'


def _ago(upload: Waiting, now: datetime) -> str:
    return "earlier" if upload.since is None else f"{_span(now - upload.since)} ago"


def _left(upload: Waiting, now: datetime, rule: HoldRule) -> str | None:
    """What happens by itself, and when."""
    if not upload.held or rule.then is None or upload.since is None:
        return None
    word = "stays away for good" if rule.then is Decision.BLOCK else "may be shown"
    left = upload.since + rule.at_most - now
    return f"{word} in {_span(left + timedelta(seconds=59))}" if left > timedelta(0) else f"{word} within a minute"


def _ends(rule: HoldRule) -> str:
    if rule.then is None:
        return "A hold stays until somebody decides."
    word = "stays away for good" if rule.then is Decision.BLOCK else "may be shown"
    return f"A hold that nobody decides about ends after {_span(rule.at_most)}; then the upload {word}."


def _span(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    for size, word in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= 2 * size or (size == 1 and minutes):
            return f"{minutes // size} {word}{'' if minutes // size == 1 else 's'}"
    return "less than a minute"


def _page(title: str, main: str, session: Session | None = None) -> str:
    side = ""
    if session:
        side = (
            f'<form method="post" action="{PREFIX}/sign-out" class="top-side">'
            f'<input type="hidden" name="key" value="{escape(session.form_key)}">'
            f'<span class="quiet small">{escape(session.reviewer)}</span>'
            f'<button class="button-quiet">Sign out</button></form>'
        )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{escape(title)}</title>
<link rel="stylesheet" href="{PREFIX}/look.css"></head>
<body class="wide review"><a class="skip" href="#main">To the content</a>
<header class="top"><a class="mark" href="{PREFIX}">Held uploads</a>{side}</header>
<main class="main" id="main">{main}</main></body></html>"""
