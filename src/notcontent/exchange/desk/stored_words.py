"""Words that are kept in English, in the database and in the audit, and shown in the reader's language.

Templates say them with the filters `said` and `said_in_parts`. A test looks whether every act, role, label and action
stands in here.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

#: Roles, and who stands in the audit where it was no account.
ROLES = (_("desk"), _("lead"), _("auditor"), _("operator"))
OTHERS = (_("command line"), _("a site's mail"), _("exchange"), _("the rule of tiers"), _("the terms of keeping"))

ACTS = (
    _("add a device's key"), _("add a partner"), _("answer a dispute"),
    _("capture a page in full"), _("export evidence"),
    _("invite somebody, or give roles"), _("keep data under a legal hold"),
    _("let a claim stand"), _("publish a demand by a state"), _("read sealed contact"), _("say who owns a site"),
    _("take a claim out"), _("verify after speaking with her"),
)  # fmt: skip

#: What an audit row says before the colon, and what it says where it has none.
ACTIONS = (
    _("account closed"), _("account made"), _("agreed"), _("all entries"), _("asked"),
    _("canaries looked for in a leak"), _("case closed"), _("contact read alone"), _("danger cleared"),
    _("danger marked"), _("evidence exported"), _("evidence kept"),
    _("evidence kept in full"), _("evidence opened"), _("evidence sealed anew"),
    _("evidence skipped"), _("evidence timestamped"),
    _("guard's key forgotten"), _("invitation taken"), _("invited"), _("key added"),
    _("key taken out"), _("letter answered"), _("letter fetched"), _("letter set aside"),
    _("letters sealed anew"), _("notice"), _("notice approved"), _("notice changed"), _("notice completed"),
    _("notice drafted"), _("notice sent"), _("notice shown to her"), _("notice was not sent"),
    _("partner added by one person"),
    _("partner resumed"), _("partner suspended"), _("partner vetted again"), _("password changed"), _("read alone"),
    _("recovery code used"), _("reply to a notice"),
    _("restored"), _("role given"), _("role taken"), _("second factor set"),
    _("security key added"), _("security key removed"), _("signatures demanded"), _("signatures not demanded"),
    _("term over, deleted"), _("tier"), _("token made"), _("token revoked"), _("turned down"),
    _("verified entries only"), _("was not right"), _("was right"),
)  # fmt: skip

#: Of a notice, as the audit has them.
NOTICE_STATES = (
    _("acknowledged"), _("removed"), _("partly"), _("refused"), _("verified_gone"), _("reappeared"), _("escalated"),
    _("bounced"), _("closed"), _("headers asked for"), _("looked again"),
)  # fmt: skip

TIERS = (_("claimed"), _("seen"), _("verified"))
KINDS = (_("picture"), _("video"))
#: What a token is good for, whole as it is stored.
SCOPES = (_("feed report"), _("subscription"), _("fetch feedback"))

#: Labels of closed sets in the models.
LABELS = (
    _("not asked"), _("it seems gone"), _("can't tell"),
    _("It is online"), _("Somebody threatens to share it"), _("To be ready"), _("She does not have the file"),
    _("forgotten"),
    _("nobody has"), _("its sites said so; it rests there at most"), _("under two owners; it rests everywhere"),
    _("two people at the desk have taken it out"),
    _("a guard"), _("a guard behind a group's bot"), _("notcontent's own extension of tx and HMA"),
    _("a client of StopNCII.org's exchange"),
    _("It is not intimate"), _("It is of public interest"), _("I published this myself"), _("I am shown and agree"),
    _("somebody at the helpline"), _("the site"), _("the mail's own headers"), _("the headers of the page alone"),
    _("the clock"), _("she"), _("other sites"),
    _("no reason given"), _("not intimate"), _("not entitled to ask"), _("not found"), _("wants to know more"),
    _("says that the law does not cover it"),
    _("nobody has decided yet"), _("the hold or block stands"), _("this upload need not be stopped"),
)  # fmt: skip


#: The names and the plain values of what somebody asked for.
DETAILS = (
    _("account"), _("address"), _("answer"), _("appeal"), _("case"), _("client"), _("country"), _("entry"),
    _("forced by"), _("id"), _("kept offline"), _("longest hold hours"), _("month"), _("name"), _("new link"),
    _("obeyed"), _("owner"), _("partner"), _("public"), _("reader"), _("reason"), _("record"),
    _("review again"), _("reviewers"), _("reviewers are"),
    _("roles"), _("run by"), _("runs in"), _("site"), _("token holder"), _("verified only"), _("what was said"),
    _("why scope"), _("yes"), _("no"), _("upheld"), _("released"),
    _("until"), _("keeps"), _("reason shown to her"), _("contact"), _("letters"),
    _("not_intimate"), _("public_interest"), _("published_myself"), _("shown_and_agree"),
)  # fmt: skip
