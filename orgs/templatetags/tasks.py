"""What a row of a task says. Tags and not templates: to include one for each row costs more than the row."""

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from orgs.models import Status

register = template.Library()


@register.simple_tag
def due_date(task, today):
    """When a task is due, which it must be some day, and whether that was before `today` (a date).

    `<time datetime="2026-11-20">20 Nov</time> <span class="badge" data-tone="danger">overdue</span>`
    """
    due = task.due_date
    words = date_format(due, "j M" if due.year == today.year else "j M Y")
    time = format_html('<time datetime="{}">{}</time>', due.isoformat(), words)
    if due >= today or task.status == Status.DONE:
        return time
    return format_html('{} <span class="badge" data-tone="danger">{}</span>', time, _("overdue"))
