"""What trust and safety people see of likely successors: clusters, one place, and what waits for a second person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from notcontent.doors.review.frame import SPINOFFS, Frame
from notcontent.doors.review.spinoffs.drawing import PLACES, draw
from notcontent.guard.spinoffs.clusters import Cluster
from notcontent.guard.spinoffs.keeping import Looked
from notcontent.guard.spinoffs.observation import WARNING_TEXT
from notcontent.guard.spinoffs.seeking import Pair
from notcontent.guard.spinoffs.two_people import MOST_REFERENCE, Act, Asked, Ground, Kind

_ACTS = {
    Act.EXEMPT: "leave it out of all scores",
    Act.INCLUDE: "count it in scores again",
    Act.EXPORT: "hand out what is known of its cluster",
}
_GROUNDS = {
    Ground.ORDER: "an order of a court or an authority",
    Ground.EVIDENCE: "evidence or a notice, for somebody in the pictures",
    Ground.LAW: "another law that asks for it",
}
_KINDS = {Kind.SUPPORT: "a support group", Kind.NEWSROOM: "a newsroom", Kind.RESEARCH: "researchers"}


def spinoffs_page(  # noqa: PLR0917 - what is on the page
    frame: Frame,
    clusters: Sequence[Cluster],
    pairs: Mapping[tuple[int, int], Pair],
    names: Mapping[int, str],
    closed: Mapping[int, int],
    asked: Sequence[Asked],
) -> str:
    """All clusters, the oldest first, and what waits for a second person."""
    body = "".join(_cluster(each, pairs, names, closed) for each in clusters)
    if not clusters:
        body = '<p class="empty">No likely successor of a closed place is known.</p>'
    return _page(frame, f"<h1>Where closed places went</h1>{_warning()}{_asked(frame, asked, names)}{body}")


def off_page(frame: Frame) -> str:
    """Nothing is kept."""
    text = "This guard keeps no matches by place. Whoever runs it can switch that on with <code>spinoff_days</code>."
    return _page(frame, f'<h1>Where closed places went</h1><p class="empty">{text}</p>')


def said_page(frame: Frame, text: str) -> str:
    """Something did not work."""
    back = f'<p><a href="{SPINOFFS}">All clusters</a></p>'
    return _page(frame, f'<h1>Where closed places went</h1><p class="error" role="alert">{escape(text)}</p>{back}')


def place_page(frame: Frame, looked: Looked, names: Mapping[int, str]) -> str:
    """One place: since when it is closed, its moves and relatives, and what can be done."""
    name = escape(names[looked.number])
    state = "open" if looked.closed_hour is None else f"closed on {_hour(looked.closed_hour)}"
    state += "; two people have left it out of all scores" if looked.is_exempt else ""
    moves = _moves(looked.pairs, names) if looked.pairs else '<p class="empty">No move from it or to it is known.</p>'
    forms = "".join(_judge_form(frame, pair, names) for pair in looked.pairs)
    relatives = "".join(
        f'<tr><td><bdi class="code">{escape(names[each.place])}</bdi></td><td>{each.shared}</td></tr>'
        for each in looked.relatives
    )
    relatives = (
        '<table class="table"><thead><tr><th scope="col">place</th><th scope="col">rare entries shared</th></tr>'
        f"</thead><tbody>{relatives}</tbody></table>"
        if relatives
        else '<p class="empty">No other place shares rare entries with it.</p>'
    )
    return _page(
        frame,
        f'<p><a href="{SPINOFFS}">All clusters</a></p><h1><bdi class="code">{name}</bdi></h1><p>It is {state}.</p>'
        f"{_warning()}<h2>Moves</h2>{moves}{forms}<h2>Places that share most with it</h2>"
        '<p class="quiet">Whoever brought it and whenever. This is no alarm.</p>'
        f"{relatives}<h2>With a second person</h2>{_exempt_form(frame, looked, name)}{_export_form(frame, name)}",
    )


def annex(looked: Iterable[Pair], names: Mapping[int, str], asked: Asked, agreed_by: str, now: datetime) -> str:
    """An annex for an evidence record or a notice, as plain text."""
    lines = [
        "ANNEX: PLACES THAT HOLD THE SAME LISTED PICTURES",
        "",
        WARNING_TEXT,
        "",
        f"Made on {now:%Y-%m-%d}. Ground: {_GROUNDS[Ground(asked.said['ground'])]}.",
        f"Reference: {asked.said['reference']}.",
        f"Asked for by {asked.asked_by}, agreed to by {agreed_by}.",
        "Names of places are pseudonyms of this platform's guard. They are changed from time to time, so they can't be "
        "compared with those of other exports.",
        "",
    ]
    for pair in looked:
        shared = pair.succession.shared
        lines.append(
            f"{names[pair.predecessor]} (closed) -> {names[pair.successor]}: {shared.entries} of "
            f"{pair.succession.known} known entries, {_hour(shared.first_hour)} to {_hour(shared.last_hour)}; "
            f"{shared.left} of them without the three busiest accounts of each place; "
            f"chance of this by accident < {pair.succession.chance_below}."
        )
    return "\n".join([*lines, ""])


def _page(frame: Frame, main: str) -> str:
    return frame.page("nav.spinoffs", f'<div lang="en" dir="ltr">{main}</div>')


def _warning() -> str:
    return f'<p class="spinoff-says"><strong>{WARNING_TEXT}</strong></p>'


def _cluster(
    cluster: Cluster, pairs: Mapping[tuple[int, int], Pair], names: Mapping[int, str], closed: Mapping[int, int]
) -> str:
    moves = [pairs[move.predecessor, move.successor] for move in cluster.moves]
    return (
        f'<section class="card"><h2>Since {_hour(cluster.moves[0].hour)}: {len(cluster.places)} places</h2>'
        f"{draw(cluster, pairs, names, closed)}"
        '<p class="quiet small">Squares are closed, circles are open. A line is a likely move; time runs to the right.'
        "</p>"
        f"{_moves(moves, names)}</section>"
    )


def _moves(pairs: Iterable[Pair], names: Mapping[int, str]) -> str:
    heads = "".join(
        f'<th scope="col" role="columnheader">{head}</th>'
        for head in ("closed place", "likely successor", "entries", "when", "chance")
    )
    rows = ""
    for pair in pairs:
        shared = pair.succession.shared
        days = shared.within_days
        cells = (
            _link(names[pair.predecessor]),
            f"to {_link(names[pair.successor])}",
            f"{shared.entries} of its {pair.succession.known} known entries; "
            f"{shared.left} without the busiest accounts",
            f"within {days} {'day' if days == 1 else 'days'}, from {_hour(shared.first_hour)}",
            f"by accident: less than {pair.succession.chance_below}",
        )
        rows += '<tr role="row">' + "".join(f'<td role="cell">{cell}</td>' for cell in cells) + "</tr>"
    return (
        f'<table class="table review-notices" role="table"><thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table>'
    )


def _link(name: str) -> str:
    return f'<a href="{PLACES}/{escape(name)}"><bdi class="code">{escape(name)}</bdi></a>'


def _asked(frame: Frame, asked: Sequence[Asked], names: Mapping[int, str]) -> str:
    me = frame.session.reviewer if frame.session else ""
    rows = ""
    for each in asked:
        said = ", ".join(str(value) for value in each.said.values() if value)
        place = _link(names[each.place])
        what = f"{escape(each.asked_by)} asks to {_ACTS[each.act]}: {place} ({escape(said)})"
        button = "" if each.asked_by == me else f"{_post(frame, 'agree', asked=each.id)}<button>Agree</button></form>"
        rows += f"<li>{what} {button}</li>"
    return f"<section><h2>Waits for a second person</h2><ul>{rows}</ul></section>" if rows else ""


def _judge_form(frame: Frame, pair: Pair, names: Mapping[int, str]) -> str:
    between = f"{escape(names[pair.predecessor])} to {escape(names[pair.successor])}"
    fields = {"predecessor": names[pair.predecessor], "successor": names[pair.successor]}
    return (
        f"{_post(frame, 'judge', **fields)}<p>{between}: "
        '<button name="right" value="yes">This alarm is right</button> '
        '<button name="right" value="no">It is wrong</button></p></form>'
    )


def _exempt_form(frame: Frame, looked: Looked, name: str) -> str:
    if looked.is_exempt:
        return f"{_post(frame, 'ask', act=Act.INCLUDE, place=name)}<p><button>Ask to count it again</button></p></form>"
    options = "".join(f'<option value="{kind}">{words}</option>' for kind, words in _KINDS.items())
    return (
        f'{_post(frame, "ask", act=Act.EXEMPT, place=name)}<div class="field"><label for="kind">It is</label>'
        f'<select id="kind" name="kind">{options}</select></div>'
        "<p><button>Ask to leave it out of scores</button></p></form>"
    )


def _export_form(frame: Frame, name: str) -> str:
    options = "".join(f'<option value="{ground}">{words}</option>' for ground, words in _GROUNDS.items())
    return (
        f'{_post(frame, "ask", act=Act.EXPORT, place=name)}<div class="field"><label for="ground">Legal ground</label>'
        f'<select id="ground" name="ground">{options}</select></div><div class="field"><label for="reference">'
        f'Its reference</label><input id="reference" name="reference" required maxlength="{MOST_REFERENCE}"></div>'
        '<div class="field"><label for="format">As</label><select id="format" name="format">'
        '<option value="annex">an annex for a notice or an evidence record</option><option value="json">JSON</option>'
        "</select></div><p><button>Ask to hand out its cluster</button></p></form>"
    )


def _post(frame: Frame, step: str, **values: str) -> str:
    fields = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in values.items())
    head = f'<form method="post" action="{SPINOFFS}/{step}" class="review-form" autocomplete="off">'
    return f"{head}{frame.key_field()}{fields}"


def _hour(hour: int) -> str:
    return f"{datetime.fromtimestamp(hour * 3600, UTC):%Y-%m-%d %H:00} UTC"
