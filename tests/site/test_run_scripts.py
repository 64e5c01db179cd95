"""What people type, in bin/: mistakes are answered in words, and nothing is done twice."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(__file__).resolve().parents[2] / "bin"


def run(script, *arguments, path=None):
    # The interpreter behind our own environment: that is what a newcomer has.
    bare = Path(sys.base_prefix) / "bin"
    environment = {**os.environ, "PATH": path or f"{bare}:/usr/local/bin:/usr/bin:/bin"}
    return subprocess.run(
        [script, *arguments], env=environment, capture_output=True, text=True, timeout=150, check=False
    )


@pytest.fixture
def project(tmp_path):
    """A project with nothing to install."""
    (tmp_path / "bin").mkdir()
    shutil.copy(BIN / "venv", tmp_path / "bin")
    (tmp_path / "requirements.txt").write_text("")
    return tmp_path


@pytest.fixture
def fake_python(tmp_path):
    """Gives a PATH on which `python3` is a script with this text."""

    def fake_python(text):
        folder = tmp_path / "fake"
        folder.mkdir()
        (folder / "python3").write_text(f"#!/bin/sh\n{text}\n")
        (folder / "python3").chmod(0o755)
        return f"{folder}:/usr/bin:/bin"

    return fake_python


@pytest.mark.slow
@pytest.mark.timeout(180)  # Python takes its time to make an environment
def test_it_works(project):
    def install(requirements):
        (project / "requirements.txt").write_text(requirements)
        return run(project / "bin" / "venv", "requirements.txt")

    (project / ".venv").mkdir()
    (project / ".venv" / "half").touch()  # an interrupted installation, which is made anew
    first = install("")
    assert first.returncode == 0, first.stderr
    assert "Installing the packages of requirements.txt" in first.stdout
    assert not (project / ".venv" / "half").exists()

    again = install("")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

    for _ in range(2):  # a failure is not taken for done the next time
        broken = install("--no-such-option\n")
        assert broken.returncode != 0
        assert "no-such-option" in broken.stderr


def test_an_old_python_is_refused(project, fake_python):
    path = fake_python("""case $2 in *print*) echo 3.9 ;; *) exit 1 ;; esac""")
    result = run(project / "bin" / "venv", "requirements.txt", path=path)
    assert (result.returncode, result.stderr) == (
        1,
        "Roost needs Python 3.11 or later, and this python3 is 3.9.\n",
    )


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--demo", "8000"], ["8000"]])
def test_serve_refuses_what_it_does_not_know(arguments):
    result = run(BIN / "serve", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"unknown option {arguments[-1]}" in result.stderr
    assert "Usage: bin/serve [--demo]" in result.stderr


def test_serve_explains_itself():
    result = run(BIN / "serve", "--help")
    assert result.returncode == 0
    assert result.stdout.startswith("Usage: bin/serve [--demo]\n")


@pytest.fixture
def checked(project):
    """checked(*arguments) runs `bin/test` where python only says what it is asked; gives what that was at last."""
    shutil.copy(BIN / "test", project / "bin")
    (project / "bin" / "venv").write_text("#!/bin/sh\n")
    python, chromium = project / ".venv" / "bin" / "python", project / "programs" / "chromium"
    for program, text in (python, 'echo "$*, bytecode ${PYTHONDONTWRITEBYTECODE-kept}"'), (chromium, ""):
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)

    def checked(*arguments):
        result = run(project / "bin" / "test", *arguments, path=f"{chromium.parent}:/usr/bin:/bin")
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout.splitlines()[-1]

    return checked


def test_test_leaves_out_the_slow_ones_unless_it_is_told(checked, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    workers = os.cpu_count() + 1
    assert checked() == f"-m pytest -m not slow -n {workers}, bytecode kept"
    assert checked("-k", "some export") == f"-m pytest -m not slow -n {workers} -k some export, bytecode kept"
    assert checked("--all") == "-m pytest, bytecode kept"
    assert checked("tests/jobs", "--all", "-x") == "-m pytest tests/jobs -x, bytecode kept"


def test_test_explains_itself():
    result = run(BIN / "test", "--help")
    assert result.returncode == 0
    assert result.stdout.startswith("Usage: bin/test [--all] [PYTEST ARGUMENTS...]\n")
    assert "--all runs the slow tests too" in result.stdout


def test_every_script_is_valid_shell():
    for script in BIN.iterdir():
        assert os.access(script, os.X_OK), script
        assert run("/bin/sh", "-n", script).returncode == 0, script
