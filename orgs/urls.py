from django.urls import include, path

from orgs.first_run import first_run
from orgs.views import members, organizations, tasks

of_organization = [
    path("tasks/", tasks.task_list, name="task_list"),
    path("tasks/new/", tasks.create_task, name="create_task"),
    path("tasks/<int:task_id>/", tasks.edit_task, name="edit_task"),
    path("tasks/<int:task_id>/complete/", tasks.complete_task, name="complete_task"),
    path("tasks/<int:task_id>/reopen/", tasks.reopen_task, name="reopen_task"),
    path("tasks/<int:task_id>/delete/", tasks.delete_task, name="delete_task"),
    path("members/", members.member_list, name="member_list"),
    path("members/add/", members.add_member, name="add_member"),
    path("members/<int:member_id>/", members.edit_member, name="edit_member"),
    path("members/<int:member_id>/remove/", members.remove_member, name="remove_member"),
    path("members/leave/", members.leave_organization, name="leave_organization"),
    path("settings/", organizations.organization_settings, name="organization_settings"),
]

urlpatterns = [
    path("", organizations.home, name="home"),
    path("first-run/", first_run, name="first_run"),
    path("orgs/<slug:slug>/", include(of_organization)),
]
