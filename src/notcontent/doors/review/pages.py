"""The pages of held uploads.

What they say is neutral on purpose. A reviewer reads where an upload was found and how far the helpline has looked, and
never a name, a distance or a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from notcontent.doors.review.clocks import clock_text
from notcontent.doors.review.frame import NOTICES, PREFIX, Frame
from notcontent.fingerprint.views.view import ViewKind
from notcontent.guard.notices import Notice
from notcontent.guard.review import Waiting
from notcontent.guard.uploads import Decision, Reason

_INSIDE = (ViewKind.WHOLE, ViewKind.INVERTED, ViewKind.RESIZED, ViewKind.FRAME)
CHOICES = {
    Reason.INTIMATE: Decision.BLOCK,
    Reason.NOT_INTIMATE: Decision.RELEASE,
    Reason.PUBLIC_INTEREST: Decision.RELEASE,
    Reason.OWN_PICTURE: Decision.RELEASE,
}


@dataclass(frozen=True, slots=True)
class HoldRule:
    """When a hold ends by itself, and how; None: never."""

    at_most: timedelta
    then: Decision | None


def queue_page(
    frame: Frame, uploads: Sequence[Waiting], total: int, *, now: datetime, rule: HoldRule, done: str
) -> str:
    """All that waits, what waits longest first."""
    known = (*Decision, "gone")
    note = f'<p class="note" role="status">{frame.say(f"done.{done}")}</p>' if done in known else ""
    if not uploads:
        body = f'<p class="empty">{frame.say("queue.none")}</p>'
    else:
        rows = "".join(_row(frame, each, now, rule) for each in uploads)
        rest = total - len(uploads)
        more = f'<p class="quiet">{frame.say("queue.more", n=frame.words.number(rest))}</p>' if rest else ""
        body = f'<ul class="rows">{rows}</ul>{more}'
    waiting = frame.say("queue.waiting", n=frame.words.number(total))
    return frame.page(
        "nav.uploads", f"{note}<h1>{frame.say('nav.uploads')}</h1><p>{waiting} {_ends(frame, rule)}</p>{body}"
    )


def upload_page(
    frame: Frame, upload: Waiting, notices: Sequence[Notice], now: datetime, rule: HoldRule, *, preview: str
) -> str:
    """One upload. `preview`: "none" if there can be none, "offered", or "shown"."""
    name = f'<bdi class="code">{escape(upload.object_id or upload.id)}</bdi>'
    where = "view.none" if upload.view is None else f"view.{upload.view if upload.view in _INSIDE else 'part'}"
    found = frame.say(where)
    if upload.at_s is not None:
        found = frame.say("view.at", where=found, time=f"{int(upload.at_s) // 60}:{int(upload.at_s) % 60:02}")
    since = frame.say("upload.notNoted")
    if upload.since is not None:
        since = f"{frame.moment(upload.since)}<br>{escape(frame.words.away(upload.since - now))}"
    facts = [
        ("upload.yourId" if upload.object_id else "upload.guardId", name),
        ("upload.state", _state(frame, upload)),
        ("upload.heldSince" if upload.held else "upload.since", since),
        ("upload.found", found),
        ("upload.looked", frame.say(f"tier.{upload.tier}")),
        ("upload.list", f"<bdi>{escape(upload.list_name)}</bdi>"),
    ]
    if upload.disputed is not None:
        facts.append(("upload.said", frame.say(f"dispute.{upload.disputed}")))
    if left := _left(frame, upload, now, rule):
        facts.append(("upload.otherwise", left))
    here = f"{PREFIX}/uploads/{upload.id}"
    choices = "".join(
        f'<button class="button review-choice" name="reason" value="{reason}">'
        f"<strong>{frame.say(f'reason.{reason}')}</strong>"
        f'<span class="row-more">{frame.say(f"reason.{reason}.then")}</span></button>'
        for reason in CHOICES
    )
    return frame.page(
        "upload.title",
        f"""<p><a href="{PREFIX}">{frame.say("upload.all")}</a></p><h1>{frame.say("upload.title")}</h1>
{_about_it(frame, notices, now)}{frame.facts(*facts)}
<h2>{frame.say("upload.shows")}</h2>{_look(frame, upload, here, preview)}
<h2>{frame.say("decide.title")}</h2><p>{frame.say("decide.once")}</p>
<form method="post" action="{here}/decision" class="review-choices">{frame.key_field()}{choices}</form>
<h2>{frame.say("others.title")}</h2><p>{frame.say("others.intro")}</p>
<p class="note">{frame.say("uploader.held")}</p>""",
    )


def _look(frame: Frame, upload: Waiting, here: str, preview: str) -> str:
    """What is to be seen of it. Of a video, a strip of frames."""
    is_video = upload.view is ViewKind.FRAME
    if preview == "none":
        return f'<p class="quiet">{frame.say("preview.none")}</p>'
    if preview == "offered":
        offer = frame.say("preview.offerVideo" if is_video else "preview.offer")
        return f'<p>{offer}</p><p><a class="button" href="{here}?preview=1">{frame.say("preview.show")}</a></p>'
    kind = " review-strip" if is_video else ""
    return (
        f'<button type="button" class="review-preview"><img class="picture-blurred{kind}"'
        f' alt="{frame.say("preview.alt")}" src="{here}/preview"><span>{frame.say("preview.hold")}</span></button>'
        f'<p><a href="{here}">{frame.say("preview.hide")}</a></p>'
    )


def _about_it(frame: Frame, notices: Sequence[Notice], now: datetime) -> str:
    """The notices that came in about it."""
    rows = "".join(
        f'<li><a href="{NOTICES}/{each.id}"><bdi class="code">{escape(each.about.reference)}</bdi></a> '
        f"({frame.say(f'law.{each.about.regime}')}): {clock_text(frame, each.clock, now)}</li>"
        for each in notices
    )
    return f'<div class="note"><p>{frame.say("upload.notices")}</p><ul>{rows}</ul></div>' if rows else ""


def _row(frame: Frame, upload: Waiting, now: datetime, rule: HoldRule) -> str:
    left = _left(frame, upload, now, rule)
    ago = "" if upload.since is None else escape(frame.words.away(upload.since - now))
    more = "; ".join(filter(None, (ago, left)))
    name = escape(upload.object_id or upload.id[:8])
    notice = f' <span class="tag">{frame.say("tag.notice")}</span>' if upload.has_notice else ""
    return (
        f'<li><a class="row" href="{PREFIX}/uploads/{upload.id}"><span class="row-main"><bdi class="code">{name}</bdi>'
        f'<span class="row-more">{more}</span></span>'
        f'<span class="row-side">{_state(frame, upload)} <span class="tag">{frame.say(f"tag.{upload.tier}")}</span>'
        f"{notice}</span></a></li>"
    )


def _state(frame: Frame, upload: Waiting) -> str:
    word, look = ("held", "wait") if upload.held else ("near", "none")
    if upload.disputed is not None:
        word = "disputed"
    return f'<span class="state state-{look}">{frame.say(f"state.{word}")}</span>'


def _left(frame: Frame, upload: Waiting, now: datetime, rule: HoldRule) -> str:
    """What happens by itself, and when; nothing: nothing does."""
    if upload.stays:
        return frame.say("upload.stays")
    if not upload.held or rule.then is None or upload.since is None:
        return ""
    left = max(upload.since + rule.at_most - now, timedelta(minutes=1))
    return frame.say(f"otherwise.{rule.then}", when=escape(frame.words.away(left)))


def _ends(frame: Frame, rule: HoldRule) -> str:
    if rule.then is None:
        return frame.say("rule.stays")
    return frame.say(f"rule.{rule.then}", time=escape(frame.words.span(rule.at_most)))
