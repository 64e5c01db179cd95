"""CSV and JSON Lines: what one line is, in SQL."""

from exports.columns import Kind
from exports.writers.dialects import join, optional


class Lines:
    """A format that is nothing but its lines, one below the other."""

    def __init__(self, columns, output, bom=False):
        self.columns = columns
        self.output = output
        self.bom = bom

    def begin(self):
        pass

    def write(self, rows, data):
        self.output.write(data)

    def end(self):
        pass


class CSV(Lines):
    """RFC 4180 in UTF-8: CRLF after each line, times in ISO 8601 with offset.

    What people wrote always stands in quotation marks, and gets a leading apostrophe where a spreadsheet could take it
    for a formula: both as OWASP advises (https://owasp.org/www-community/attacks/CSV_Injection). Where it already has
    one it gets another, so that an import gives back what was written. Numbers, dates and our own words need neither.
    `bom` puts a byte order mark first, by which Excel recognizes UTF-8.
    """

    extension = "csv"
    content_type = "text/csv; charset=utf-8"

    def line(self, dialect, names):
        """SQL of one line; `names` are the columns in SQL."""
        cells = [_csv(column, x, dialect) for column, x in zip(self.columns, names, strict=True)]
        return dialect.line(*join(cells, "", ",", "\r\n"))

    def begin(self):
        header = ",".join(column.name for column in self.columns) + "\r\n"
        self.output.write(header.encode("utf-8-sig" if self.bom else "utf-8"))


def _csv(column, x, dialect):
    match column.kind:
        case Kind.TEXT:
            text = f"coalesce({x}, '')" if column.optional else x
            return join([("%s", [dialect.apostrophe(x)]), dialect.doubled(text)], '"', "", '"')
        case Kind.INTEGER:
            cell = dialect.integer(x)
        case Kind.CHOICE:
            cell = "%s", [x]
        case Kind.DATE:
            cell = dialect.iso_date(x)
        case Kind.DATETIME:
            cell = dialect.iso_datetime(x)
    return optional(dialect, x, cell, "") if column.optional else cell


class JSONLines(Lines):
    """One JSON object a line (jsonlines.org), in UTF-8: numbers are numbers, what is missing is null, dates and times
    are strings in ISO 8601, text is exactly what people wrote."""

    extension = "jsonl"
    content_type = "application/jsonl; charset=utf-8"

    def line(self, dialect, names):
        """SQL of one line; `names` are the columns in SQL."""
        pairs = (
            join([_json(column, x, dialect)], f'"{column.name}":', "", "")
            for column, x in zip(self.columns, names, strict=True)
        )
        return dialect.line(*join(list(pairs), "{", ",", "}\n"))


def _json(column, x, dialect):
    match column.kind:
        case Kind.TEXT:
            return dialect.json(x)
        case Kind.INTEGER:
            cell = dialect.integer(x)
        case Kind.CHOICE:
            cell = '"%s"', [x]
        case Kind.DATE:
            cell = join([dialect.iso_date(x)], '"', "", '"')
        case Kind.DATETIME:
            cell = join([dialect.iso_datetime(x)], '"', "", '"')
    return optional(dialect, x, cell, "null") if column.optional else cell
