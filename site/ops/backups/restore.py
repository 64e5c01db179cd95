"""An archive becomes the installation's data, or the folder with the data from before a restore does so again.

    alone? ──► unpack, verify ──► check, migrate, settle, all beside the present data ──► swap

Until the swap nothing of the present data is touched, and after it the old data is still there.
"""

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from config import lock
from ops.backups import archive, database, swap
from ops.backups.database import Beat
from ops.backups.making import adopt, check, no_beat, refuse_newer
from ops.backups.room import BackupError, full_disk_in_words


def restore(source: Path, say: Callable[[str], object], beat: Beat = no_beat):
    """Restore the archive at `source`, or the folder that an earlier restore has put aside. `say` is called with lines
    for whoever waits.

    Raises CommandError where the site runs; BackupError, with the present data as it was.
    """
    database.require_support()
    if not source.exists() and not lock.RESTORING.exists():
        raise BackupError(f"There is no {source}. `manage.py backup --list` tells which backups there are.")
    with lock.alone():
        if interrupted := swap.finish():
            say(f"Ended the restore of {interrupted.source}, which was interrupted.")
            done = interrupted if interrupted.source == str(source.absolute()) else None
        else:
            done = None
        if done is None:
            swap.refuse_mounts()
            with full_disk_in_words(settings.DATA_DIR):
                done = _put_back(source, say) if source.is_dir() else _restore_archive(source, say, beat)
    if done.replaced:
        say(f"What was here before is in {done.replaced}. To go back to it:")
        say(f"  manage.py restore {shlex.quote(str(done.replaced))}")
        say("Delete that folder when you no longer need it.")


def _restore_archive(source, say, beat) -> swap.Swap:
    staged = swap.staging()
    try:
        unpacked = staged / archive.DATABASE
        say(f"Unpacking and verifying {source.name}.")
        manifest = archive.unpack(source, staged, database=unpacked, beat=beat)
        refuse_newer(manifest)
        say("Checking the database.")
        check(unpacked, manifest, beat)
        say("Bringing it to this release, and settling what was unfinished.")
        settled = json.loads(adopt(staged, beat, "--settle"))
        database.close_log(unpacked)
        done = swap.swap(source, staged, archive.DATABASE)
    finally:
        if not lock.RESTORING.exists():  # nothing was put in place yet
            shutil.rmtree(staged, ignore_errors=True)
    _tell(source, manifest, settled, say)
    return done


def _tell(source, manifest, settled, say):
    files = sum(member["name"].startswith(f"{archive.MEDIA}/") for member in manifest["members"])
    say(
        f"Restored {source.name}: {sum(manifest['rows'].values()):,} rows in {len(manifest['rows'])} tables, and "
        f"{files:,} files, as they were at {manifest.get('made_at')} (release {manifest.get('release')})."
    )
    if settled["resumed"]:
        say(f"Jobs that were running then, and are resumed at the next start: {settled['resumed']}.")
    if settled["waiting"]:
        say(
            f"E-mails and notifications that had not left then, and probably have since: {settled['waiting']}. They "
            "wait in the outbox and in the list of jobs until somebody says whether to send them."
        )


def _put_back(folder, say) -> swap.Swap:
    folder, name = folder.resolve(), database.path().name
    # Nothing else is moved: DATA_DIR itself would be put aside for its own sake, another installation be emptied.
    is_ours = folder.name.startswith(swap.ASIDE) and folder.parent in (
        settings.DATA_DIR.resolve(),
        database.path().parent,
    )
    if not is_ours or not (folder / name).is_file():
        raise BackupError(
            f"{folder} is no folder that a restore has put aside with its {name}. Give an archive, or such a folder: "
            f"{database.path().parent / swap.ASIDE}…"
        )
    database.close_log(folder / name)
    done = swap.swap(folder, folder, name)
    say(f"Put the data of {folder} back.")
    return done
