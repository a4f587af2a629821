"""The pages of notices: what came in, how much of its 48 hours is left, and what was done.

No field asks for anything about the person, the sender or the text of a notice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from notcontent.doors.review.clocks import clock_drawing, clock_text
from notcontent.doors.review.frame import NOTICES, PREFIX, Frame
from notcontent.guard.notice_clock import ELEMENTS, Element, Regime, Standing
from notcontent.guard.notices import Notice, Refusal, Step

#: How a time is typed.
TYPED = "%Y-%m-%dT%H:%M"


def notices_page(frame: Frame, notices: Sequence[Notice], total: int, closed: Sequence[Notice], now: datetime) -> str:
    """What is open, what runs out first before; and what was closed last."""
    new = f'<p><a class="button-main" href="{NOTICES}/new">{frame.say("new.title")}</a></p>'
    if notices:
        body = _table(frame, notices, now)
        if total > len(notices):
            body += f'<p class="quiet">{frame.say("queue.more", n=frame.words.number(total - len(notices)))}</p>'
    else:
        body = f'<p class="empty">{frame.say("notices.none")}</p>'
    if closed:
        body += f"<h2>{frame.say('notices.closed')}</h2>{_table(frame, closed, now)}"
    return frame.page(
        "nav.notices",
        f"<h1>{frame.say('nav.notices')}</h1><p>{frame.say('notices.intro')}</p>{new}{body}",
    )


def which_law_page(frame: Frame) -> str:
    """The first of two steps: what a notice has to have depends on the law."""
    laws = "".join(
        f'<li><a class="row" href="{NOTICES}/new?regime={law}"><span class="row-main">{frame.say(f"law.{law}")}'
        f'<span class="row-more">{frame.say(f"law.{law}.asks")}</span></span></a></li>'
        for law in Regime
    )
    return frame.page("new.title", f'{_all(frame)}<h1>{frame.say("new.which")}</h1><ul class="rows">{laws}</ul>')


def new_page(frame: Frame, law: Regime, typed: Mapping[str, str], now: datetime, trouble: str = "") -> str:
    """The second: the notice. `typed`: what stood in the form before. `trouble`: the end of the key of a text."""
    boxes = _boxes(frame, law, ticked=[each for each in ELEMENTS[law] if each in typed.get("has", "").split()])
    alert = f'<p class="error" role="alert">{frame.say(f"trouble.{trouble}")}</p>' if trouble else ""
    received = escape(typed.get("received", now.strftime(TYPED)))
    return frame.page(
        "new.title",
        f"""{_all(frame)}<h1>{frame.say("new.title")}</h1><p>{frame.say(f"law.{law}")}</p>{alert}
<form method="post" action="{NOTICES}" class="review-form" autocomplete="off">{frame.key_field()}
<input type="hidden" name="regime" value="{law}">
<div class="field"><label for="reference">{frame.say("new.reference")}</label>
<p class="hint" id="reference-hint">{frame.say("new.reference.hint")}</p>
<input id="reference" name="reference" required maxlength="128" dir="ltr" aria-describedby="reference-hint"
 value="{escape(typed.get("reference", ""))}"></div>
<div class="field"><label for="content">{frame.say("new.content")}</label>
<p class="hint" id="content-hint">{frame.say("new.content.hint")}</p>
<input id="content" name="content" required maxlength="128" dir="ltr" aria-describedby="content-hint"
 value="{escape(typed.get("content", ""))}"></div>
<div class="field"><label for="received">{frame.say("new.received")}</label>
<input id="received" name="received" type="datetime-local" required value="{received}"></div>
<fieldset class="field"><legend>{frame.say("new.has")}</legend><p class="hint">{frame.say("new.has.hint")}</p>{boxes}
</fieldset><p class="buttons"><button class="button-main">{frame.say("new.button")}</button></p></form>""",
    )


def notice_page(
    frame: Frame, notice: Notice, held: str | None, now: datetime, *, keep_days: int, trouble: str = ""
) -> str:
    """One notice. `held`: the id of the held upload that it is about."""
    about, clock = notice.about, notice.clock
    content = f'<bdi class="code">{escape(about.object_id or about.upload or "")}</bdi>'
    if held:
        content += f'<br><a href="{PREFIX}/uploads/{held}">{frame.say("one.held")}</a>'
    facts = [
        ("one.law", frame.say(f"law.{about.regime}")),
        ("one.reference", f'<bdi class="code">{escape(about.reference)}</bdi>'),
        ("one.content", content),
        ("one.received", frame.moment(notice.received)),
    ]
    if clock.started and clock.deadline:
        facts += [("one.started", frame.moment(clock.started)), ("one.deadline", frame.moment(clock.deadline))]
    if notice.missing:
        facts.append(("one.missing", _listed(frame, notice)))
    facts.append(("one.done", _done(frame, notice)))
    alert = f'<p class="error" role="alert">{frame.say(f"trouble.{trouble}")}</p>' if trouble else ""
    steps = ""
    if clock.standing(now) is not Standing.DONE:
        steps = _elements_form(frame, notice) if notice.missing else _done_form(frame, notice)
        steps += _refuse_form(frame, notice)
    kept = frame.say("one.kept", n=frame.words.number(keep_days))
    return frame.page(
        "one.title",
        f"""{_all(frame)}<h1>{frame.say("one.title")}</h1>{alert}
<p class="review-time">{clock_drawing(clock, now)}{clock_text(frame, clock, now)}</p>{frame.facts(*facts)}{steps}
<p class="quiet small">{kept}</p>""",
    )


def _table(frame: Frame, notices: Sequence[Notice], now: datetime) -> str:
    heads = "".join(
        f'<th scope="col" role="columnheader">{frame.say(f"table.{name}")}</th>' for name in ("time", "notice", "done")
    )
    rows = "".join(_row(frame, each, now) for each in notices)
    # The roles are said because on a narrow screen rows are laid out as blocks, which would take them away.
    return (
        f'<table class="table review-notices" role="table"><thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table>'
    )


def _row(frame: Frame, notice: Notice, now: datetime) -> str:
    about, clock = notice.about, notice.clock
    until = ""
    if clock.deadline and clock.stopped is None:
        until = f'<span class="row-more">{frame.moment(clock.deadline)}</span>'
    late = ' class="late"' if clock.standing(now) is Standing.LATE else ""
    done = _done(frame, notice)
    if notice.missing and not notice.refused:
        done = f"{frame.say('one.lacks')}{_listed(frame, notice)}"
    content = escape(about.object_id or (about.upload or "")[:8])
    reference = f'<a href="{NOTICES}/{notice.id}"><bdi class="code">{escape(about.reference)}</bdi></a>'
    law = f"{frame.say(f'law.{about.regime}.short')} · " + f'<bdi class="code">{content}</bdi>'
    return (
        f'<tr role="row"{late}><td role="cell"><span class="review-time">{clock_drawing(clock, now)}'
        f"<span>{clock_text(frame, clock, now)}{until}</span></span></td>"
        f'<td role="cell">{reference}<span class="row-more">{law}</span></td><td role="cell">{done}</td></tr>'
    )


def _listed(frame: Frame, notice: Notice) -> str:
    items = "".join(f"<li>{frame.say(f'element.{each}')}</li>" for each in notice.missing)
    return f'<ul class="review-missing">{items}</ul>'


def _done(frame: Frame, notice: Notice) -> str:
    done = [
        f"{frame.say(key)}<br>{frame.moment(at)}"
        for key, at in (("did.removed", notice.removed), ("did.copies", notice.copies))
        if at
    ]
    if notice.refused and notice.refusal:
        reason = frame.say(f"refusal.{notice.refusal}")
        done.append(f"{frame.say('did.refused', reason=reason)}<br>{frame.moment(notice.refused)}")
    return "<br>".join(done) or frame.say("did.nothing")


def _elements_form(frame: Frame, notice: Notice) -> str:
    has = [each for each in ELEMENTS[notice.about.regime] if each not in notice.missing]
    return (
        f"<h2>{frame.say('step.elements')}</h2>{_form(frame, notice)}"
        f'<fieldset class="field"><legend>{frame.say("new.has")}</legend>'
        f'<p class="hint">{frame.say("new.has.hint")}</p>'
        f"{_boxes(frame, notice.about.regime, ticked=has)}</fieldset>{_when(frame, 'elements')}"
        f'<p class="buttons"><button class="button-main" name="step" value="{Step.ELEMENTS}">'
        f"{frame.say('step.elements.button')}</button></p></form>"
    )


def _done_form(frame: Frame, notice: Notice) -> str:
    buttons = "".join(
        f'<button class="button" name="step" value="{step}">{frame.say(f"step.{step}")}</button>'
        for step, at in ((Step.REMOVED, notice.removed), (Step.COPIES, notice.copies))
        if at is None
    )
    return (
        f"<h2>{frame.say('step.title')}</h2><p>{frame.say(f'law.{notice.about.regime}.copies')}</p>"
        f'{_form(frame, notice)}{_when(frame, "done")}<p class="buttons">{buttons}</p></form>'
    )


def _refuse_form(frame: Frame, notice: Notice) -> str:
    reasons = "".join(
        f'<li><label class="row"><input type="radio" name="reason" value="{each}" required>'
        f'<span class="row-main">{frame.say(f"refusal.{each}")}</span></label></li>'
        for each in Refusal
    )
    return (
        f'<details class="fold"><summary>{frame.say("refuse.title")}</summary>{_form(frame, notice)}'
        f'<fieldset class="field"><legend>{frame.say("refuse.reason")}</legend>'
        f'<ul class="rows">{reasons}</ul></fieldset>'
        f'<p class="buttons"><button class="button" name="step" value="{Step.REFUSED}">{frame.say("refuse.button")}'
        f"</button></p></form></details>"
    )


def _form(frame: Frame, notice: Notice) -> str:
    return f'<form method="post" action="{NOTICES}/{notice.id}/steps" class="review-form">{frame.key_field()}'


def _when(frame: Frame, name: str) -> str:
    return (
        f'<div class="field"><label for="at-{name}">{frame.say("step.when")}</label>'
        f'<input id="at-{name}" name="at" type="datetime-local"></div>'
    )


def _boxes(frame: Frame, law: Regime, ticked: Sequence[Element]) -> str:
    boxes = "".join(
        f'<li><label class="row"><input type="checkbox" name="has" value="{each}"'
        f"{' checked' if each in ticked else ''}>"
        f'<span class="row-main">{frame.say(f"element.{each}")}</span></label></li>'
        for each in ELEMENTS[law]
    )
    return f'<ul class="rows">{boxes}</ul>'


def _all(frame: Frame) -> str:
    return f'<p><a href="{NOTICES}">{frame.say("one.all")}</a></p>'
