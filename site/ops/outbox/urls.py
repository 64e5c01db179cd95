from django.urls import path
from django.views.generic import RedirectView

from ops.access import staff_only
from ops.outbox import delivery_tests, views

urlpatterns = [
    path("outbox/", staff_only(RedirectView.as_view(pattern_name="outbox")), name="old_outbox"),
    path("ops/outbox/", views.outbox, name="outbox"),
    path("ops/outbox/try-now/", views.try_now, name="try_mail_now"),
    path("ops/outbox/send-again/", views.send_all_again, name="send_all_mail_again"),
    path("ops/outbox/drop/", views.drop_all, name="drop_all_mail"),
    path("ops/outbox/tests/", delivery_tests.start_delivery_test, name="start_delivery_test"),
    path("ops/outbox/tests/<int:test_id>/", delivery_tests.delivery_test, name="delivery_test"),
    path("ops/outbox/<int:email_id>/", views.email_detail, name="email_detail"),
    path("ops/outbox/<int:email_id>/html/", views.email_html, name="email_html"),
    path("ops/outbox/<int:email_id>/send-again/", views.send_again, name="send_mail_again"),
    path("ops/outbox/<int:email_id>/drop/", views.drop, name="drop_mail"),
]
