from django import template

from ops.models import Alert, Severity

register = template.Library()


@register.inclusion_tag("ops/alert_bar.html")
def alert_bar():
    """What somebody should see to, in a line above each page of operation; nothing where all is well. One query."""
    pressing = sorted(Alert.objects.pressing(), key=lambda alert: (alert.severity != Severity.CRITICAL, alert.pk))
    worst = pressing[0] if pressing else None
    return {"count": len(pressing), "worst": worst, "critical": worst and worst.severity == Severity.CRITICAL}
