from django.urls import include, path

from bench.loads.views import export_inline, mail_inline

urlpatterns = [
    path("orgs/<slug:slug>/inline/", export_inline),
    path("orgs/<slug:slug>/mail-inline/", mail_inline),
    path("", include("config.urls")),
]
