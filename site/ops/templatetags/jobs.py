from django import template
from django.utils.html import format_html

register = template.Library()


@register.simple_tag
def job_badge(job):
    """The state of a job as a badge. An import that was rejected is done, but well it is not."""
    if getattr(job, "outcome", "") == "rejected":
        return format_html('<span class="badge" data-tone="warning">{}</span>', job.state)
    return format_html('<span class="badge" data-status="{}">{}</span>', job.status, job.state)
