from exports.imports.models.rejected import RejectedRow
from exports.imports.models.task_import import TaskImport
from exports.imports.models.upload import Upload

__all__ = ["RejectedRow", "TaskImport", "Upload"]
