"""Reads the rows of a file that somebody has sent, without ever holding more of it than a row.

RFC 4180 with what people really have: other delimiters, other encodings, gzip. Nothing is guessed while rows are read:
`examine` finds out once what the file is, `rows` goes by that.
"""

import codecs
import csv
import io
import zlib
from dataclasses import asdict, dataclass
from gzip import BadGzipFile, GzipFile

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exports.imports.fields import guess

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": _("UTF-8 with byte order mark"),
    "utf-16": "UTF-16",
    "cp1252": _("Windows-1252 (Western European)"),
}
DELIMITERS = {",": _("Comma"), ";": _("Semicolon"), "\t": _("Tab")}
#: Characters of a cell: csv would take a quotation mark that is never closed for one cell of many megabytes.
LONGEST_CELL = 64 * 1024
#: Characters of a row, its line breaks included: csv would make millions of cells of a packed file of commas, which is
#: small, and take a gigabyte and minutes for them.
LONGEST_ROW = 1024 * 1024
MOST_COLUMNS = 200
BLOCK = 256 * 1024


class BadFile(ValueError):
    """The file cannot be read at all; the message says why and what would do."""


@dataclass(frozen=True)
class Shape:
    """How a file is to be read."""

    encoding: str
    delimiter: str
    gzip: bool

    as_dict = asdict


def examine(path):
    """The Shape of the file at `path`: its encoding and its delimiter as far as they can be told. Raises BadFile."""
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise BadFile(gettext("The file is empty."))
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadFile(
            gettext("This is a spreadsheet, not a CSV file: save it in your program as “CSV UTF-8”, and send that.")
        )
    gzip = start.startswith(b"\x1f\x8b")
    encoding = _encoding(path, gzip)
    return Shape(encoding, _delimiter(path, encoding, gzip), gzip)


def _encoding(path, gzip):
    """The first encoding that all of the file can be read in."""
    with _opened(path, gzip) as file:
        start = file.read(3)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif start.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    else:
        candidates = ["utf-8", "cp1252"]
    for encoding in candidates:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with _opened(path, gzip) as file:
                while block := file.read(BLOCK):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeError:
            continue
        return encoding
    raise BadFile(
        gettext("The file is no text in %(encodings)s. Save it as “CSV UTF-8”, and send that.")
        % {"encodings": ", ".join(map(str, ENCODINGS.values()))}
    )


def _delimiter(path, encoding, gzip):
    """The one that gives the header most columns that we know, and then most columns."""

    def worth(delimiter):
        try:
            found = header(path, Shape(encoding, delimiter, gzip))
        except BadFile:
            return 0, 0
        return len(guess(found)), len(found)

    return max(DELIMITERS, key=worth)


def header(path, shape):
    """The names of the columns, which the first row has. Raises BadFile."""
    with _records(path, shape) as records:
        names = next(records, (0, []))[1]
    if not names:
        raise BadFile(gettext("The first line is empty: it must have the names of the columns."))
    return names


def rows(path, shape):
    """Yields (line, cells) of each row below the header: the number of the line where it begins, and a list of texts.

    Rows without any text are left out, as many as there may be rows. Raises BadFile, also where it has yielded some.
    """
    with _records(path, shape) as records:
        next(records, None)
        empty = 0
        for line, cells in records:
            if cells and (len(cells) > 1 or cells[0].strip()):
                yield line, cells
            elif (empty := empty + 1) > settings.IMPORT_MAX_ROWS:  # millions of them would take a minute
                raise BadFile(
                    gettext("The file has more than %(number)s empty lines: remove them.")
                    % {"number": f"{settings.IMPORT_MAX_ROWS:,}"}
                )


def count(path, shape):
    """How many rows there are. Raises BadFile, also where they are none, or they or the columns are too many."""
    if (columns := len(header(path, shape))) > MOST_COLUMNS:
        raise BadFile(
            gettext("The first line has %(number)d columns: %(most)d are the most.")
            % {"number": columns, "most": MOST_COLUMNS}
        )
    found = 0
    for found, __ in enumerate(rows(path, shape), 1):
        if found > settings.IMPORT_MAX_ROWS:
            raise BadFile(
                gettext("The file has more than %(number)s rows: send it in several parts.")
                % {"number": f"{settings.IMPORT_MAX_ROWS:,}"}
            )
    if not found:
        raise BadFile(gettext("The file has no rows below the names of the columns."))
    return found


class _records:
    """A context that gives an iterator over (line, cells)."""

    def __init__(self, path, shape):
        self.path, self.shape = path, shape

    def __enter__(self):
        self.file = _opened(self.path, self.shape.gzip)
        text = io.TextIOWrapper(io.BufferedReader(self.file, BLOCK), encoding=self.shape.encoding, newline="")
        csv.field_size_limit(LONGEST_CELL)
        self.lines = _lines(text)
        self.records = self._read(csv.reader(self.lines, delimiter=self.shape.delimiter, strict=True))
        return self.records

    def __exit__(self, *_):
        self.records.close()
        self.file.close()

    def _read(self, reader):
        line = 1
        try:
            for cells in reader:
                yield line, cells
                self.lines.begin_row()
                line = reader.line_num + 1
        except csv.Error as error:
            raise BadFile(
                gettext(
                    "From line %(line)s on this is no CSV (%(error)s). Look for a quotation mark that is not closed, "
                    "or one within a text that is not doubled."
                )
                % {"line": f"{line:,}", "error": error}
            ) from error
        except UnicodeError as error:
            raise BadFile(
                gettext("After line %(line)s there is something that is not %(encoding)s.")
                % {"line": f"{line:,}", "encoding": ENCODINGS[self.shape.encoding]}
            ) from error


class _lines:
    """The lines of a text, for csv, which takes as many of them as a row has. Raises csv.Error where the row is too
    long; no more of it has been read then."""

    def __init__(self, text):
        self.text = text
        self.begin_row()

    def begin_row(self):
        self.length = 0

    def __iter__(self):
        return self

    def __next__(self):
        line = self.text.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        self.length += len(line)
        if self.length > LONGEST_ROW:
            raise csv.Error(gettext("row larger than %(number)s characters") % {"number": f"{LONGEST_ROW:,}"})
        return line


class _opened(io.RawIOBase):
    """The bytes of a file, unpacked; no more of them than one may send. Raises BadFile."""

    def __init__(self, path, gzip):
        self.file = path.open("rb")
        self.bytes = GzipFile(fileobj=self.file) if gzip else self.file
        self.size = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        try:
            data = self.bytes.read(min(len(buffer), BLOCK))
        except (BadGzipFile, EOFError, zlib.error) as error:
            raise BadFile(gettext("The compressed file is damaged: send it again.")) from error
        self.size += len(data)
        if self.size > settings.IMPORT_MAX_SIZE:
            raise BadFile(
                gettext("The file holds more than %(size)s: send it in several parts.")
                % {"size": filesizeformat(settings.IMPORT_MAX_SIZE)}
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self):
        if not self.closed:
            self.bytes.close()
            self.file.close()
        super().close()
