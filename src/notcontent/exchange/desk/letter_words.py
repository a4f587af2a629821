"""What the desk's browser says of a letter that it opens: the names of its parts (docs/spec/person.md §6)."""

from __future__ import annotations

from django.utils.translation import gettext as _


def words_of_letters() -> dict[str, str]:
    """Texts by the name that a letter or the script has for them."""
    return {
        "open_here": _("Open here"),
        "chosen": _("The key of that file is used while this page is open. It is not sent or kept."),
        "no_key": _("That file holds no key of the age format."),
        "no_own_key": _("This browser has no key. Choose a key file, or make a key on the page of keys."),
        "not_for_this": _(
            "This key does not open the letter. It was sealed to another one, or waits to be sealed anew."
        ),
        "not_fetched": _("The letter could not be fetched. Load the page again."),
        "not_sent": _("The answer could not be sent. It is still in the field: try again."),
        "take": _("Put into the answer"),
        "empty": _("Write the answer first."),
        "text": _("Message"),
        "links": _("Links"),
        "url": _("Address"),
        "title": _("Name"),
        "contact": _("How to reach her"),
        "way": _("By"),
        "email": _("e-mail"),
        "phone": _("telephone"),
        "app": _("an app"),
        "where": _("Where"),
        "hours": _("When"),
        "name": _("Called"),
        "voicemail": _("A message may be left"),
        "yes": _("yes"),
        "no": _("no"),
        "answers": _("What she said"),
        "for": _("For"),
        "me": _("herself"),
        "other": _("somebody else"),
        "made": _("What it is"),
        "photo": _("a photo"),
        "video": _("a video"),
        "computer": _("made by a computer"),
        "shows": _("It shows"),
        "intimate": _("something intimate"),
        "private": _("something private"),
        "why": _("Why it was not agreed"),
        "secret": _("taken without her knowledge"),
        "shared": _("she did not agree to sharing"),
        "faked": _("it is faked"),
        "forced": _("she was forced"),
        "exposed": _("Posted with it"),
        "face": _("her face"),
        "address": _("her address"),
        "work": _("where she works or studies"),
        "accounts": _("her accounts"),
        "id_number": _("an identity number"),
    }
