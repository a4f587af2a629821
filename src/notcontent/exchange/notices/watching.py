"""When somebody looks again whether a picture is gone. It touches no file, socket, clock or database."""

from __future__ import annotations

from datetime import datetime, timedelta

from notcontent.exchange.notices.states import State

#: After a site's word, once: only a human can say that it is true.
FIRST_LOOK = timedelta(days=1)
#: After somebody saw that it is gone, counted from then; after the last of them the notice can be closed.
LOOK_AGAIN = tuple(timedelta(days=days) for days in (1, 3, 7, 30, 90))
#: Where headers may be asked for.
WATCHED = frozenset({State.REMOVED, State.PARTLY, State.GONE})
#: A site is not asked at a time that it could foretell.
MOST_LATER = timedelta(hours=6)


def next_look(state: State, since: datetime, looks: int, later: timedelta) -> datetime | None:
    """When the next look is due, for a notice that stands there `since` and was looked at `looks` times; else None.

    `later`: by how much this one is put off, at random. After the last look it is due at once, to be closed; and where
    it was seen again, to be written anew.
    """
    if state in (State.REMOVED, State.PARTLY):
        return since + FIRST_LOOK + later
    if state is State.GONE:
        return since + LOOK_AGAIN[looks] + later if looks < len(LOOK_AGAIN) else since + LOOK_AGAIN[-1]
    return since if state is State.REAPPEARED else None
