"""Every address of the desk's face."""

from __future__ import annotations

from django.urls import path

from notcontent.exchange.desk import (
    account_views,
    accounts_views,
    audit_views,
    contact_views,
    proposals_views,
    signing_in_views,
    views,
)

urlpatterns = [
    path("", views.show_cases, name="cases"),
    path("cases/<str:case>/letters", views.show_letters, name="letters"),
    path("letters/<str:letter>", views.send_letter, name="letter"),
    path("sign-in", signing_in_views.sign_in, name="sign-in"),
    path("sign-in/second", signing_in_views.second_step, name="second-step"),
    path("sign-out", signing_in_views.sign_out, name="sign-out"),
    path("invitation", signing_in_views.take_invitation, name="invitation"),
    path("account", account_views.show_account, name="account"),
    path("account/password", account_views.change_password, name="password"),
    path("account/second-factor", account_views.set_up_second_factor, name="second-factor"),
    path("account/sign-out-everywhere", account_views.sign_out_everywhere, name="sign-out-everywhere"),
    path("account/keys", account_views.add_security_key, name="add-key"),
    path("account/keys/<str:key>/remove", account_views.remove_security_key, name="remove-key"),
    path("account.js", account_views.send_script, name="account-script"),
    path("look.css", views.send_look, name="look"),
    path("accounts", accounts_views.show_accounts, name="accounts"),
    path("accounts/ask", accounts_views.ask_for_account, name="ask-for-account"),
    path("accounts/<str:account>/link", accounts_views.make_link, name="make-link"),
    path("accounts/<str:account>/take-role", accounts_views.take_role_away, name="take-role"),
    path("accounts/<str:account>/close", accounts_views.close, name="close-account"),
    path("audit", audit_views.show_audit, name="audit"),
    path("audit/verify", audit_views.verify_audit, name="verify-audit"),
    path("audit/<str:part>", audit_views.send_head, name="audit-head"),
    path("cases/<str:case>/contact", contact_views.show_contact, name="contact"),
    path("cases/<str:case>/contact/<str:act>", contact_views.change_contact, name="change-contact"),
    path("read-alone/<str:permit>/sign-off", contact_views.sign_off_reading, name="sign-off"),
    path("proposals", proposals_views.show_proposals, name="proposals"),
    path("proposals/<str:proposal>/agree", proposals_views.agree_to_proposal, name="agree"),
    path("proposals/<str:proposal>/turn-down", proposals_views.turn_down_proposal, name="turn-down"),
]
