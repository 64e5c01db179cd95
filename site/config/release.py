"""What code this process runs: a number for people, and a fingerprint that tells two builds of it apart."""

import hashlib
from pathlib import Path

VERSION = "0.4"

BASE_DIR = Path(__file__).resolve().parents[2]
#: The folders whose code makes up Roost.
FOLDERS = ("site", "orgs", "articles", "exports")


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for folder in FOLDERS for path in (BASE_DIR / folder).rglob("*.py")):
        digest.update(f"\0{path.relative_to(BASE_DIR)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:8]


#: Taken when the process starts: a consumer that still runs the code from before an update tells so.
RELEASE = f"{VERSION}+{_fingerprint()}"
