from ops.models.alert import Alert, Severity
from ops.models.backup import Backup
from ops.models.bulk_action import BulkAction
from ops.models.webhook import Webhook

__all__ = ["Alert", "Backup", "BulkAction", "Severity", "Webhook"]
