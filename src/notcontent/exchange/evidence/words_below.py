"""Sentences of rooms below the exchange that the desk shows, so that each language's catalogue has them.

Those rooms know no gettext: a capture runs in a process of its own, timestamps without an exchange too. A test
compares.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

OF_A_CAPTURE = (
    _("Only pages of the public web are captured: http or https, on the usual port, at a public address."),
    _("The page asks too many other sites. Write down typed facts instead."),
    _("The page asks for more than is captured."),
    _("The site's name leads nowhere. Check the address, or try again later."),
    _("The site did not answer as it should. Try again later."),
    _("The site sends more than is captured. Write down typed facts instead."),
    _("The page holds more than a full capture takes. Capture it without pictures."),
    _("The page could not be loaded. Try again later, or write down typed facts."),
    _("Chromium ended by itself. Try again."),
    _("Chromium did not do what it was asked. Use a newer or older one."),
    _("Chromium does not answer. Try again."),
    _("Chromium ended by itself, or does not start here. Try it by hand as this account."),
    _("Chromium is not there. Install it, or name it with CHROMIUM."),
    _("As root, setpriv (util-linux) is needed to start Chromium as nobody. Use another account."),
)
OF_TIMESTAMPS = (_("The program openssl is not there. Install it, in version 3 or newer."),)
