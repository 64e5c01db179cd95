"""Backups: one archive a night, proven by unpacking it, and the way back.

database.py   a consistent copy of a SQLite database that is being written to, and what is in it
archive/      the copy, media and the secret key as one .tar.zst with a manifest; and out of it again
catalog.py    the archives in DATA_DIR/backups, what is known of each, and which are kept
making.py     make one, prove one
swap.py       put unpacked data in the place of the present data, whatever is killed in between
restore.py    an archive becomes the installation's data
adopt.py      bring an unpacked database to this release (a process of its own)
updating.py   migrations, with a way back
"""
