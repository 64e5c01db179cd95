from django.urls import include, path

urlpatterns = [
    path("", include("ops.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("", include("accounts.urls")),
    path("", include("orgs.urls")),
    path("", include("exports.urls")),
]
