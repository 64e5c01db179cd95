"""Debian's Chromium, and what it is told at its start."""

import shutil

#: As root it starts only without its sandbox; the rest keeps it from talking to anybody but us.
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
#: What a phone's screen is to it. Playwright's `has_touch` says so too, but is forgotten while a long page is pictured.
TOUCH = "--blink-settings=primaryPointerType=2,availablePointerTypes=2,primaryHoverType=1,availableHoverTypes=1"
MISSING = "This needs Chromium. On Debian: sudo apt-get install chromium"


def find() -> str | None:
    """The path of the program."""
    return shutil.which("chromium")


def launch(playwright, *options):
    """A browser without a window, told these `options` too. Raises FileNotFoundError where there is no Chromium."""
    path = find()
    if not path:
        raise FileNotFoundError(MISSING)
    return playwright.chromium.launch(executable_path=path, args=[*OPTIONS, *options])
