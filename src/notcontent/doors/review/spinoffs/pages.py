"""What trust and safety people see of likely successors: clusters, one place, and what waits for a second person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape

from notcontent.doors.review.frame import SPINOFFS, Frame
from notcontent.doors.review.spinoffs.drawing import PLACES, draw
from notcontent.guard.spinoffs.clusters import Cluster
from notcontent.guard.spinoffs.keeping import Looked
from notcontent.guard.spinoffs.seeking import Pair
from notcontent.guard.spinoffs.two_people import MOST_REFERENCE, Act, Asked, Form, Ground, Kind

EntryIds = Mapping[tuple[int, int], Sequence[str]]


def spinoffs_page(  # noqa: PLR0917 - what is on the page
    frame: Frame,
    clusters: Sequence[Cluster],
    pairs: Mapping[tuple[int, int], Pair],
    names: Mapping[int, str],
    closed: Mapping[int, int],
    asked: Sequence[Asked],
) -> str:
    """All clusters, the oldest first, and what waits for a second person."""
    body = "".join(_cluster(frame, each, pairs, names, closed) for each in clusters)
    if not clusters:
        body = _empty(frame, "spinoffs.none")
    return _page(frame, f"{_heading(frame)}{_warning(frame)}{_asked(frame, asked, names)}{body}")


def off_page(frame: Frame) -> str:
    """Nothing is kept."""
    text = frame.say("spinoffs.off", setting='<bdi class="code">spinoff_days</bdi>')
    return _page(frame, f'{_heading(frame)}<p class="empty">{text}</p>')


def said_page(frame: Frame, key: str) -> str:
    """Something did not work. `key`: of the text."""
    error = f'<p class="error" role="alert">{frame.say(key)}</p>'
    return _page(frame, f"{_heading(frame)}{error}{_back(frame)}")


def place_page(
    frame: Frame, looked: Looked, names: Mapping[int, str], entries: EntryIds, *, tells: bool = False
) -> str:
    """One place: since when it is closed, its moves and relatives, and what can be done.

    `tells`: whether the helpline hears of moves that a person calls right.
    """
    name = escape(names[looked.number])
    state = frame.say("spinoffs.open")
    if looked.closed_hour is not None:
        state = frame.say("spinoffs.closed", when=frame.moment(_moment(looked.closed_hour)))
    state += f" {frame.say('spinoffs.exempt')}" if looked.is_exempt else ""
    moves = _moves(frame, looked.pairs, names) if looked.pairs else _empty(frame, "spinoffs.still")
    moves += "".join(_one_move(frame, pair, names, entries, tells) for pair in looked.pairs)
    shared = {escape(names[each.place]): frame.words.number(each.shared) for each in looked.relatives}
    rows = "".join(f'<tr><td><bdi class="code">{other}</bdi></td><td>{n}</td></tr>' for other, n in shared.items())
    heads = "".join(f'<th scope="col">{frame.say(key)}</th>' for key in ("spinoffs.col.place", "spinoffs.col.shared"))
    table = f'<table class="table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    relatives = table if rows else _empty(frame, "spinoffs.alone")
    return _page(
        frame,
        f'{_back(frame)}<h1><bdi class="code">{name}</bdi></h1><p>{state}</p>{_warning(frame)}'
        f"<h2>{frame.say('spinoffs.moves')}</h2>{moves}"
        f"<h2>{frame.say('spinoffs.relatives')}</h2>"
        f'<p class="quiet">{frame.say("spinoffs.relativesHint")}</p>{relatives}'
        f"<h2>{frame.say('spinoffs.two')}</h2>{_exempt_form(frame, looked, name)}{_export_form(frame, name)}",
    )


def _page(frame: Frame, main: str) -> str:
    return frame.page("nav.spinoffs", main)


def _heading(frame: Frame) -> str:
    return f"<h1>{frame.say('spinoffs.title')}</h1>"


def _empty(frame: Frame, key: str) -> str:
    return f'<p class="empty">{frame.say(key)}</p>'


def _back(frame: Frame) -> str:
    return f'<p><a href="{SPINOFFS}">{frame.say("spinoffs.all")}</a></p>'


def _warning(frame: Frame) -> str:
    return f'<p class="spinoff-says"><strong>{frame.say("spinoffs.says")}</strong></p>'


def _cluster(
    frame: Frame,
    cluster: Cluster,
    pairs: Mapping[tuple[int, int], Pair],
    names: Mapping[int, str],
    closed: Mapping[int, int],
) -> str:
    moves = [pairs[move.predecessor, move.successor] for move in cluster.moves]
    number = frame.words.number
    title = frame.say(
        "spinoffs.since", when=frame.moment(_moment(cluster.moves[0].hour)), n=number(len(cluster.places))
    )
    drawn = frame.say("spinoffs.drawn", places=number(len(cluster.places)), moves=number(len(moves)))
    return (
        f'<section class="card"><h2>{title}</h2>{draw(cluster, pairs, names, closed, drawn)}'
        f'<p class="quiet small">{frame.say("spinoffs.legend")}</p>{_moves(frame, moves, names)}</section>'
    )


def _moves(frame: Frame, pairs: Iterable[Pair], names: Mapping[int, str]) -> str:
    heads = "".join(
        f'<th scope="col" role="columnheader">{frame.say(key)}</th>'
        for key in (
            "spinoffs.col.closed",
            "spinoffs.col.successor",
            "spinoffs.col.entries",
            "spinoffs.col.when",
            "spinoffs.col.chance",
        )
    )
    number = frame.words.number
    rows = ""
    for pair in pairs:
        shared = pair.succession.shared
        span = escape(frame.words.span(timedelta(days=shared.within_days)))
        cells = (
            _link(names[pair.predecessor]),
            frame.say("spinoffs.to", place=_link(names[pair.successor])),
            frame.say(
                "spinoffs.shared",
                n=number(shared.entries),
                known=number(pair.succession.known),
                left=number(shared.left),
            ),
            frame.say("spinoffs.within", time=span, when=frame.moment(_moment(shared.first_hour))),
            frame.say("spinoffs.accident", chance=f'<bdi class="code">{pair.succession.chance_below}</bdi>'),
        )
        rows += '<tr role="row">' + "".join(f'<td role="cell">{cell}</td>' for cell in cells) + "</tr>"
    return (
        '<table class="table review-notices spinoff-moves" role="table">'
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead><tbody role="rowgroup">{rows}</tbody></table>'
    )


def _link(name: str) -> str:
    return f'<a href="{PLACES}/{escape(name)}"><bdi class="code">{escape(name)}</bdi></a>'


def _asked(frame: Frame, asked: Sequence[Asked], names: Mapping[int, str]) -> str:
    me = frame.session.reviewer if frame.session else ""
    rows = ""
    for each in asked:
        what = frame.say(
            "spinoffs.asks",
            name=f"<bdi>{escape(each.asked_by)}</bdi>",
            act=frame.say(f"spinoffs.act.{each.act}"),
            place=_link(names[each.place]),
        )
        agree = f"{_post(frame, 'agree', asked=each.id)}{_button(frame, 'spinoffs.agree')}</form>"
        form = "" if each.asked_by == me else agree
        rows += f"<li>{what}{_said(frame, each.said)}{form}</li>"
    return f"<section><h2>{frame.say('spinoffs.waits')}</h2><ul>{rows}</ul></section>" if rows else ""


def _said(frame: Frame, said: Mapping[str, str]) -> str:
    """What stands beside an act, in the order of its form."""
    told = [frame.say(f"spinoffs.kind.{said['kind']}")] if "kind" in said else []
    if "ground" in said:
        told.append(frame.say(f"spinoffs.ground.{said['ground']}"))
        told.append(f"<bdi>{escape(said['reference'])}</bdi>")
        told.append(frame.say(f"spinoffs.form.{said['format']}"))
    return f"<ul>{''.join(f'<li>{each}</li>' for each in told)}</ul>" if told else ""


def _one_move(frame: Frame, pair: Pair, names: Mapping[int, str], entries: EntryIds, tells: bool) -> str:
    """What a person can look up about a move, and say of it."""
    between = frame.say(
        "spinoffs.between",
        closed=f'<bdi class="code">{escape(names[pair.predecessor])}</bdi>',
        place=f'<bdi class="code">{escape(names[pair.successor])}</bdi>',
    )
    ids = entries[pair.predecessor, pair.successor]
    listed = "".join(f'<li><bdi class="code">{escape(each)}</bdi></li>' for each in ids)
    hint = f'<p class="hint">{frame.say("spinoffs.tells")}</p>' if tells else ""
    fields = {"predecessor": names[pair.predecessor], "successor": names[pair.successor]}
    return (
        f'<section class="card spinoff-move"><h3>{between}</h3><details class="fold"><summary>'
        f"{frame.say('spinoffs.both', n=frame.words.number(len(ids)))}</summary>"
        f'<p class="quiet">{frame.say("spinoffs.bothHint")}</p><ul class="spinoff-entries">{listed}</ul></details>'
        f"{_post(frame, 'judge', **fields)}{hint}"
        f'<div class="buttons"><button class="button" name="right" value="yes">{frame.say("spinoffs.right")}</button>'
        f'<button class="button" name="right" value="no">{frame.say("spinoffs.wrong")}</button></div></form></section>'
    )


def _exempt_form(frame: Frame, looked: Looked, name: str) -> str:
    if looked.is_exempt:
        return f"{_post(frame, 'ask', act=Act.INCLUDE, place=name)}{_button(frame, 'spinoffs.askInclude')}</form>"
    kinds = _choice("kind", frame.say("spinoffs.is"), [(kind, frame.say(f"spinoffs.kind.{kind}")) for kind in Kind])
    return f"{_post(frame, 'ask', act=Act.EXEMPT, place=name)}{kinds}{_button(frame, 'spinoffs.askExempt')}</form>"


def _export_form(frame: Frame, name: str) -> str:
    grounds = [(ground, frame.say(f"spinoffs.ground.{ground}")) for ground in Ground]
    forms = [(form, frame.say(f"spinoffs.form.{form}")) for form in Form]
    return (
        f"{_post(frame, 'ask', act=Act.EXPORT, place=name)}"
        f"{_choice('ground', frame.say('spinoffs.ground'), grounds)}"
        f'<div class="field"><label for="reference">{frame.say("spinoffs.reference")}</label>'
        f'<input id="reference" name="reference" required maxlength="{MOST_REFERENCE}"></div>'
        f"{_choice('format', frame.say('spinoffs.as'), forms)}"
        f"{_button(frame, 'spinoffs.askExport')}</form>"
    )


def _choice(name: str, label: str, options: Iterable[tuple[str, str]]) -> str:
    chosen = "".join(f'<option value="{value}">{words}</option>' for value, words in options)
    select = f'<select id="{name}" name="{name}">{chosen}</select>'
    return f'<div class="field"><label for="{name}">{label}</label>{select}</div>'


def _button(frame: Frame, key: str) -> str:
    return f'<button class="button">{frame.say(key)}</button>'


def _post(frame: Frame, step: str, **values: str) -> str:
    fields = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in values.items())
    look = "card review-form" if step == "ask" else "review-form"
    head = f'<form method="post" action="{SPINOFFS}/{step}" class="{look}" autocomplete="off">'
    return f"{head}{frame.key_field()}{fields}"


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)
