from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jobs.schedules import schedule
from realtime.models import KEPT, Event

#: Rows deleted in one statement: others want to write in between.
BATCH = 5000


@schedule("37 * * * *", purpose=_("Delete what open pages were told of more than a day ago."))
def trim_events():
    # The newest one stays: by it pages know that they have missed nothing, however quiet it was.
    old = Event.objects.filter(created_at__lt=timezone.now() - KEPT, pk__lt=Event.newest_id()).order_by("created_at")
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        Event.objects.filter(pk__in=ids).delete()
