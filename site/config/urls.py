from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("mail.urls")),
    path("", include("accounts.urls")),
    path("", include("orgs.urls")),
    path("", include("articles.urls")),
    path("", include("exports.urls")),
    path("", include("exports.imports.urls")),
    path("", include("ops.urls")),
]

handler400 = "ops.views.bad_request"
handler403 = "ops.views.permission_denied"
handler404 = "ops.views.page_not_found"
handler500 = "ops.views.server_error"
