"""docs/jobs.md, done step by step as it says: the page cannot rot."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from tests.consumer import ROOT, SOON, Installation

pytestmark = pytest.mark.slow

#: What stands for INSTALLED_APPS as the page has it changed.
SETTINGS = """
from tests.settings import *
INSTALLED_APPS = ["cleaning", *INSTALLED_APPS]
"""

BEFORE = """
from django.utils import timezone
from orgs.models import Organization, Task
acme = Organization.objects.create(name="Acme", slug="acme")
for title in ("one", "two", "three"):
    Task.objects.create(organization=acme, title=title)
Task.objects.exclude(title="three").update(updated_at="2025-06-01T12:00Z")
"""

UNTIL_IT_HAS_ENDED = """
from tests.consumer import until
until(lambda: not Cleaning.objects.get(pk=cleaning.pk).is_unfinished)
"""

RUN_SCHEDULE = """
from jobs.models import Schedule
until(lambda: Schedule.objects.filter(name="cleaning.clean_each_monday").exists())
Schedule.objects.get(name="cleaning.clean_each_monday").run_now()
until(lambda: Cleaning.objects.filter(status="done").count() == 2)
"""


def blocks(language):
    page = (ROOT / "docs" / "jobs.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.fixture
def site(tmp_path, migrated_database):
    """An installation whose code has the page's files too."""
    for block in blocks("python"):
        name = re.match(r"# (?:tests/)?(\w+/\w+\.py)", block)
        if name:
            path = tmp_path / name[1]
            path.parent.mkdir(exist_ok=True)
            (path.parent / "__init__.py").touch()
            with path.open("a") as file:
                file.write(block)
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
    (tmp_path / "settings_of_page.py").write_text(SETTINGS)
    (tmp_path / "roost.sqlite3").write_bytes(migrated_database.read_bytes())
    path = os.pathsep.join([str(tmp_path), str(ROOT), str(ROOT / "site")])
    return Installation(tmp_path, DJANGO_SETTINGS_MODULE="settings_of_page", PYTHONPATH=path)


def test_it_works(site):
    start, look = (block for block in blocks("python") if not block.startswith("#"))
    for line in "".join(blocks("sh")).splitlines():
        program, *arguments = shlex.split(line)
        done = site.run(*arguments)
        assert (program, done.returncode) == ("manage.py", 0), done.stderr
    with site.consumer("emails"):
        shell = site.run("shell", "-c", "".join([BEFORE, start, UNTIL_IT_HAS_ENDED, look, RUN_SCHEDULE]))
    assert shell.stderr == ""
    assert shell.stdout.splitlines()[-2:] == ["done 2 2 2 ", "['done']"]


def test_its_test_passes(site):
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-q", "-c", str(ROOT / "pyproject.toml"), "cleaning"],
        env=site.environment,
        cwd=site.folder,
        capture_output=True,
        text=True,
        timeout=SOON,
        check=False,
    )
    assert tests.returncode == 0, tests.stdout
    assert "1 passed" in tests.stdout
