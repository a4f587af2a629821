"""Every address of the partners' face."""

from __future__ import annotations

from django.urls import path, re_path

from notcontent.exchange.partners import polling, shaped, views

urlpatterns = [
    path("openapi.json", views.describe_api),
    path("v1/feed/keys", polling.give_keys),
    path("v1/feed/poll", polling.poll),
    re_path(r"^v1/feed/snapshots/(?P<name>[0-9]+-[0-9]+)\.minisig\Z", polling.give_snapshot_signature),
    path("v1/feed/snapshots/<str:name>", polling.give_snapshot),
    path("v1/token/renew", views.receive_renewal),
    path("v1/guards", views.receive_guard),
    path("v1/receipts", views.receive_receipts),
    path("v1/reports", views.receive_reports),
    path("v1/disputes", views.receive_disputes),
    path("stopncii/v1/FetchHashes", shaped.fetch_hashes),
    path("stopncii/v1/SubmitFeedback", shaped.submit_feedback),
]
