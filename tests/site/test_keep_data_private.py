"""What the data folder holds is nobody else's to read, whichever command makes it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_it_works(tmp_path):
    folder = tmp_path / "new" / "data"
    environment = {**os.environ, "DATA_DIR": str(folder), "PYTHONPATH": str(ROOT / "site")}
    environment.pop("SECRET_KEY", None)
    subprocess.run(
        [sys.executable, "-c", "import config.settings"], env=environment, umask=0o022, check=True, timeout=30
    )
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert oct((folder / "secret_key").stat().st_mode & 0o777) == "0o600"
