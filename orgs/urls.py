from django.urls import include, path

from orgs.first_run import first_run
from orgs.views import audit, bulk_edits, home, invitations, members, organizations, task_list, tasks

of_organization = [
    path("tasks/", task_list.task_list, name="task_list"),
    path("tasks/add/", task_list.add_task, name="add_task"),
    path("tasks/bulk/start/", bulk_edits.start_bulk_edit, name="start_bulk_edit"),
    path("tasks/bulk/<int:edit_id>/", bulk_edits.bulk_edit_detail, name="bulk_edit_detail"),
    path("tasks/bulk/<int:edit_id>/undo/", bulk_edits.undo_bulk_edit, name="undo_bulk_edit"),
    path("tasks/new/", tasks.create_task, name="create_task"),
    path("tasks/<int:task_id>/", tasks.edit_task, name="edit_task"),
    path("tasks/<int:task_id>/complete/", tasks.complete_task, name="complete_task"),
    path("tasks/<int:task_id>/reopen/", tasks.reopen_task, name="reopen_task"),
    path("tasks/<int:task_id>/delete/", tasks.delete_task, name="delete_task"),
    path("tasks/<int:task_id>/history/", tasks.task_history, name="task_history"),
    path("tasks/<int:task_id>/changes/<int:change_id>/undo/", tasks.undo_change, name="undo_change"),
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
    path("", home.home, name="home"),
    path("tasks/mine/", home.my_tasks, name="my_tasks"),
    path("first-run/", first_run, name="first_run"),
    path(
        "invitations/accept/<int:invitation_id>/<str:secret>/", invitations.accept_invitation, name="accept_invitation"
    ),
    path("orgs/new/", organizations.create_organization, name="create_organization"),
    path("orgs/<slug:slug>/", include(of_organization)),
]
