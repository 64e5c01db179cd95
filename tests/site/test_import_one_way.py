"""Imports between our apps flow one way, so that each can be understood without those above it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: From the top down: a module may import from its own app and from rows below, never from beside or above.
LAYERS = [["ops"], ["exports"], ["articles"], ["orgs"], ["accounts"], ["mail", "realtime"], ["jobs"], ["config"]]
LEVEL = {app: level for level, apps in enumerate(LAYERS) for app in apps}


def folder(app):
    return next((parent / app for parent in (ROOT, ROOT / "site") if (parent / app).is_dir()), None)


APPS = [app for app in LEVEL if folder(app)]


def imported(source):
    """The first name of each module that `source` imports, at its top or within a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute here"
            yield node.module.partition(".")[0]


def wrong(app, source):
    """What a module of `app` with this source must not import."""
    return {name for name in imported(source) if name in LEVEL and name != app and LEVEL[name] <= LEVEL[app]}


def test_it_works():
    assert {"config", "jobs", "accounts", "orgs", "exports", "ops"} <= set(APPS)
    assert not wrong("orgs", "import json\nfrom accounts.models import User\nfrom orgs.models import Task")
    assert wrong("orgs", "def late():\n    from exports.models import ExportJob") == {"exports"}
    assert wrong("jobs", "import ops.views, config.queues") == {"ops"}
    assert wrong("mail", "from realtime import events") == {"realtime"}


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_from_below(app):
    modules = list(folder(app).rglob("*.py"))
    assert modules
    assert not {str(path.relative_to(ROOT)): names for path in modules if (names := wrong(app, path.read_text()))}


def test_no_app_is_forgotten():
    beside = {"bench", "bin", "docs", "tests"}
    found = {path.parent.name for parent in (ROOT, ROOT / "site") for path in parent.glob("*/__init__.py")}
    assert found - beside == set(APPS)


def test_site_is_a_folder_and_no_package():
    assert not (ROOT / "site" / "__init__.py").exists()
