"""What the tests of changing many tasks need."""

from orgs.models import BulkEdit, Task

LIST = "/orgs/acme/tasks/"
START = f"{LIST}bulk/start/"


def column(name):
    return list(Task.objects.order_by("pk").values_list(name, flat=True))


def said(page):
    return [str(message) for message in page.context["messages"]]


def start(cast, capture, tasks, user=None, **values):
    with capture(execute=True):
        edit = BulkEdit.start(cast.acme, user or cast.carol, [task.pk for task in tasks], values=values)
    edit.refresh_from_db()
    return edit
