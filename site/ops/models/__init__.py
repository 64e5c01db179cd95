from ops.models.alert import Alert, Severity
from ops.models.backup import Backup
from ops.models.webhook import Webhook

__all__ = ["Alert", "Backup", "Severity", "Webhook"]
