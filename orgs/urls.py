from django.urls import include, path

from orgs.first_run import first_run
from orgs.views import audit, invitations, members, organizations, tasks

of_organization = [
    path("tasks/", tasks.task_list, name="task_list"),
    path("tasks/new/", tasks.create_task, name="create_task"),
    path("tasks/<int:task_id>/", tasks.edit_task, name="edit_task"),
    path("tasks/<int:task_id>/complete/", tasks.complete_task, name="complete_task"),
    path("tasks/<int:task_id>/reopen/", tasks.reopen_task, name="reopen_task"),
    path("tasks/<int:task_id>/delete/", tasks.delete_task, name="delete_task"),
    path("members/", members.member_list, name="member_list"),
    path("members/invite/", invitations.invite_member, name="invite_member"),
    path("members/invitations/<int:invitation_id>/resend/", invitations.resend_invitation, name="resend_invitation"),
    path("members/invitations/<int:invitation_id>/revoke/", invitations.revoke_invitation, name="revoke_invitation"),
    path("members/<int:member_id>/", members.edit_member, name="edit_member"),
    path("members/<int:member_id>/remove/", members.remove_member, name="remove_member"),
    path("members/<int:member_id>/hand-over/", members.hand_over_ownership, name="hand_over_ownership"),
    path("members/leave/", members.leave_organization, name="leave_organization"),
    path("audit/", audit.audit_log, name="organization_audit_log"),
    path("settings/", organizations.organization_settings, name="organization_settings"),
]

urlpatterns = [
    path("", organizations.home, name="home"),
    path("first-run/", first_run, name="first_run"),
    path(
        "invitations/accept/<int:invitation_id>/<str:secret>/", invitations.accept_invitation, name="accept_invitation"
    ),
    path("orgs/new/", organizations.create_organization, name="create_organization"),
    path("orgs/<slug:slug>/", include(of_organization)),
]
