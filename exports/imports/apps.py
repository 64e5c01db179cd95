from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "exports.imports"
    label = "imports"
