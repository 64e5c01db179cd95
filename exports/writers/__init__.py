"""Writes tasks into files: SQL makes the text of each row, Python only moves bytes.

    queryset + columns ──► one statement, whose only column is the line ──► a thread that reads it ──► the file

`text` and `xlsx`: what a row's text is in each format; `dialects`: how SQLite and PostgreSQL say that; `sources`: how
either hands it over; `reading`: the thread; `output`: the file. Memory does not grow with the rows.
"""

from dataclasses import dataclass

from exports.writers.output import Output
from exports.writers.reading import Reading
from exports.writers.text import CSV, JSONLines
from exports.writers.xlsx import XLSX

#: Every format by its name, the file's extension: each also gzipped.
FORMATS = {
    f"{kind.extension}{suffix}": (kind, bool(suffix)) for suffix in ("", ".gz") for kind in (CSV, XLSX, JSONLines)
}


@dataclass(frozen=True)
class Written:
    rows: int
    total: int
    size: int
    sha256: str


def write(file, queryset, columns, export_format, *, bom=False, beat=lambda rows, total: None):
    """Write the tasks of `queryset`, filtered and in order, to the binary `file`.

    Arguments: `columns` of `exports.columns`; `export_format`, a key of FORMATS; `bom` for CSV; `beat(rows, total)`,
    called at least twice a second with the rows written so far, may raise to stop (total is None until it is known).
    Returns what was written; `rows` and `total`, what the snapshot held, differ only by a defect.
    Raises OSError (the file) and django.db.Error (the database).
    """
    kind, gzip = FORMATS[export_format]
    output = Output(file, gzip)
    form = kind(columns, output, bom)
    written = 0
    with Reading(queryset, columns, form.line) as reading:
        form.begin()
        for rows, data in reading:
            if data:
                form.write(rows, data)
                written += rows
            beat(written, reading.total)
        form.end()
    output.close()
    return Written(written, reading.total, output.size, output.sha256)
