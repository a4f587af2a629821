"""What every page of the review has around it: HTML made here, every value escaped, no script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape

from notcontent.guard.words import LANGUAGES, Words

PREFIX = "/review"
NOTICES = f"{PREFIX}/notices"
SPINOFFS = f"{PREFIX}/spinoffs"
_ADDRESSES = ((PREFIX, "nav.uploads"), (NOTICES, "nav.notices"), (SPINOFFS, "nav.spinoffs"))


@dataclass(frozen=True, slots=True)
class Session:
    """Who looks, and what proves that a form came from one of these pages."""

    reviewer: str
    form_key: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A reader's language, who that is (None: nobody has signed in), and where the page can be opened again."""

    words: Words
    session: Session | None
    here: str = PREFIX

    def say(self, key: str, **values: str) -> str:
        """A text as HTML. Values are HTML already."""
        return escape(self.words.say(key)).format(**values)

    def moment(self, moment: datetime) -> str:
        """A moment as HTML."""
        return f'<time datetime="{moment.isoformat(timespec="minutes")}">{escape(self.words.moment(moment))}</time>'

    def facts(self, *facts: tuple[str, str]) -> str:
        """Keys of texts and what stands beside them, as HTML."""
        rows = "".join(f"<div><dt>{self.say(key)}</dt><dd>{value}</dd></div>" for key, value in facts)
        return f'<dl class="facts">{rows}</dl>'

    def key_field(self) -> str:
        """What proves where a form comes from."""
        return f'<input type="hidden" name="key" value="{escape(self.session.form_key if self.session else "")}">'

    def page(self, title: str, main: str) -> str:
        """A whole page. `title`: the key of a text."""
        language = self.words.language
        nav = side = ""
        if self.session:
            nav = "".join(
                f'<a href="{address}"{" aria-current=page" if self._within(address) else ""}>{self.say(key)}</a>'
                for address, key in _ADDRESSES
            )
            nav = f'<nav aria-label="{self.say("mark")}">{nav}</nav>'
            side = (
                f'<form method="post" action="{PREFIX}/sign-out" class="top-side">{self.key_field()}'
                f'<bdi class="quiet small">{escape(self.session.reviewer)}</bdi>'
                f'<button class="button-quiet">{self.say("signOut")}</button></form>'
            )
        unreviewed = "" if language.reviewed else f"<p>{self.say('unreviewed')}</p>"
        return f"""<!doctype html>
<html lang="{language.tag}" dir="{"rtl" if language.right_to_left else "ltr"}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{self.say(title)}</title>
<link rel="stylesheet" href="{PREFIX}/look.css"></head>
<body class="wide review"><a class="skip" href="#main">{self.say("skip")}</a>
<header class="top"><a class="mark" href="{PREFIX}">{self.say("mark")}</a>{nav}{side}</header>
<main class="main" id="main">{main}</main>
<footer class="bottom">{unreviewed}{self._languages()}</footer></body></html>"""

    def _within(self, address: str) -> bool:
        return address == max((each for each, _ in _ADDRESSES if self.here.startswith(each)), key=len)

    def _languages(self) -> str:
        """A switch that needs no script."""
        join = "&amp;" if "?" in self.here else "?"
        links = "".join(
            f'<a href="{escape(self.here)}{join}lang={each.tag}" lang="{each.tag}" hreflang="{each.tag}"'
            f"{' aria-current=true' if each is self.words.language else ''}>{escape(each.own_name)}</a>"
            for each in LANGUAGES.values()
        )
        return f'<nav class="review-languages" aria-label="{self.say("language")}">{links}</nav>'


def sign_in_page(frame: Frame, *, failed: bool = False) -> str:
    """The door."""
    said = f'<p class="error" role="alert">{frame.say("signIn.failed")}</p>' if failed else ""
    command = '<bdi class="code">notcontent guard token NAME --for review</bdi>'
    return frame.page(
        "signIn.button",
        f"""<h1>{frame.say("mark")}</h1><p>{frame.say("signIn.intro")}</p>{said}
<form method="post" action="{PREFIX}/sign-in" class="card">
<div class="field"><label for="token">{frame.say("signIn.token")}</label>
<input id="token" name="token" type="password" autocomplete="current-password" required>
<p class="hint">{frame.say("signIn.hint", command=command)}</p></div>
<button class="button-main">{frame.say("signIn.button")}</button></form>""",
    )


def error_page(frame: Frame, error: str) -> str:
    """Something did not work. `error`: the middle of the keys of its title and text."""
    back = f'<p><a href="{PREFIX}">{frame.say("upload.all")}</a></p>' if frame.session else ""
    title = f"error.{error}.title"
    return frame.page(title, f"<h1>{frame.say(title)}</h1><p>{frame.say(f'error.{error}.text')}</p>{back}")
