from datetime import timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter(expects_localtime=True)
def local_time(moment):
    """A datetime as people read it, in the reader's zone, with the exact one on hover; nothing for None.

    `<time datetime="2026-11-20T14:05:09+01:00" title="Friday, 20 November 2026, 14:05:09 CET">20 Nov 2026,
    14:05</time>`
    """
    return _time(moment, date_format(moment, _("j M Y, H:i"))) if moment else ""


@register.filter(expects_localtime=True)
def relative_time(moment):
    """As `local_time`, but what was within the last day by how long ago: “just now”, “3 minutes ago”."""
    if moment is None:
        return ""
    age = timezone.now() - moment
    if not timedelta(0) <= age < timedelta(days=1):
        return local_time(moment)
    if age < timedelta(minutes=1):
        return _time(moment, _("just now"))
    return _time(moment, _("%(length)s ago") % {"length": timesince(moment, depth=1)})


def _time(moment, words):
    title = date_format(moment, _("l, j F Y, H:i:s T"))
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(timespec="seconds"), title, words)


@register.filter
def ago(moment, now=None):
    """How long before `now` (an aware datetime; default: the time) something was: “12 seconds ago”, “3 days ago”."""
    if moment is None:
        return ""
    now = now or timezone.now()
    seconds = max(int((now - moment).total_seconds()), 0)
    if seconds < 60:
        return ngettext("%(number)d second ago", "%(number)d seconds ago", seconds) % {"number": seconds}
    return _("%(length)s ago") % {"length": timesince(moment, now, depth=1)}


@register.filter
def duration(length):
    """A timedelta as people say it: “20 ms”, “1.2 s”, “12 s”, “5 min”, “3.5 h”; nothing for None."""
    if length is None:
        return ""
    seconds = length.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
