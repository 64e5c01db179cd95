from ops.models.alert import Alert, Severity
from ops.models.webhook import Webhook

__all__ = ["Alert", "Severity", "Webhook"]
