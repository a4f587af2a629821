"""Every address of the desk's face."""

from __future__ import annotations

from django.urls import path

from notcontent.exchange.desk import claims_views, key_views, partner_views, proposals_views, views
from notcontent.exchange.desk.serving_scripts import send_script

urlpatterns = [
    path("", views.show_cases, name="cases"),
    path("cases/<str:case>/letters", views.show_letters, name="letters"),
    path("letters/<str:letter>", views.send_letter, name="letter"),
    path("letters/<str:letter>/ask", views.ask_for_contact, name="contact-ask"),
    path("keys", key_views.show_keys, name="keys"),
    path("keys/add", key_views.ask_for_key, name="key-add"),
    path("keys/code", key_views.make_code, name="key-code"),
    path("keys/letters", key_views.reseal, name="key-letters"),
    path("keys/<str:key>/take-out", key_views.take_out, name="key-take-out"),
    path("v1/keys", key_views.list_keys_by_code, name="keys-by-code"),
    path("v1/keys/<str:key>/take-out", key_views.take_out_by_code, name="key-take-out-by-code"),
    path("v1/letters", key_views.reseal_by_code, name="letters-by-code"),
    path("scripts/<str:name>", send_script, name="script"),
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("look.css", views.send_look, name="look"),
    path("proposals", proposals_views.show_proposals, name="proposals"),
    path("proposals/<str:proposal>/agree", proposals_views.agree_to_proposal, name="agree"),
    path("proposals/<str:proposal>/turn-down", proposals_views.turn_down_proposal, name="turn-down"),
    path("partners", partner_views.show_partners, name="partners"),
    path("partners/add", partner_views.add_partner, name="partner-add"),
    path("partners/<str:partner>", partner_views.show_partner, name="partner"),
    path("partners/<str:partner>/vet", partner_views.vet_partner, name="partner-vet"),
    path("partners/<str:partner>/token", partner_views.give_token, name="partner-token"),
    path("partners/<str:partner>/revoke", partner_views.revoke, name="partner-revoke"),
    path("partners/<str:partner>/suspend", partner_views.suspend, name="partner-suspend"),
    path("partners/<str:partner>/resume", partner_views.resume, name="partner-resume"),
    path("partners/<str:partner>/narrow", partner_views.narrow, name="partner-narrow"),
    path("partners/<str:partner>/widen", partner_views.widen, name="partner-widen"),
    path("partners/<str:partner>/signatures", partner_views.demand_signatures, name="partner-signatures"),
    path("partners/<str:partner>/guard-key", partner_views.forget_guard_key, name="partner-guard-key"),
    path("claims", claims_views.show_claims, name="claims"),
    path("cases/<str:case>/spoken", claims_views.show_speaking, name="spoken"),
    path("demands", claims_views.show_demands, name="demands"),
    path("demands/new", claims_views.tell_demand, name="tell-demand"),
]
