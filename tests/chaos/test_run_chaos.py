"""`bin/chaos` as it is typed; what it does is its own test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def chaos(*arguments):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}"}
    command = [sys.executable, "-m", "bench.chaos", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False)


def test_it_works():
    plan = chaos("--seed", "7", "--minutes", "0.5", "--plan")
    assert (plan.returncode, plan.stderr) == (0, "")
    times = [float(line.split(" s  ")[0]) for line in plan.stdout.splitlines()]
    assert times == sorted(times)
    assert times[-1] < 30
    assert plan.stdout == chaos("--seed", "7", "--minutes", "0.5", "--plan").stdout


@pytest.mark.parametrize("minutes", ["0", "-1", "x", "nan", "100000"])
def test_a_length_that_is_none_is_refused(minutes):
    result = chaos("--minutes", minutes, "--plan")
    assert result.returncode == 2
    assert "--minutes" in result.stderr
