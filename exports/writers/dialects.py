"""What SQLite and PostgreSQL call the few text functions that the writers need.

`x` is a column in SQL, which may be NULL unless the method says otherwise. A method named for what a file shows returns
a cell: a piece of a printf() template with the list of its arguments in SQL. The others return SQL.
"""

import re

#: A spreadsheet may run a text that starts with one of these (https://owasp.org/www-community/attacks/CSV_Injection,
#: with the full-width forms, which East Asian locales treat alike). The hyphen is last because it stands in patterns.
#: An apostrophe before it makes a text of it. What begins with apostrophes and one of these gets a further one, so that
#: taking one away gives back exactly what was written: "=1" is '=1 in the file, and "'=1" is ''=1.
FORMULA = "=+@\t\r\n＝＋－＠-"
#: What XML 1.0 cannot hold (production 2, Char), and carriage return, which its readers turn into a line feed.
NOT_XML = "".join(map(chr, [*range(1, 9), 11, 12, *range(13, 32), 0xFFFE, 0xFFFF]))

Cell = tuple[str, list[str]]


def literal(text: str) -> str:
    """`text` as an SQL literal, in a statement that has parameters (hence the %%)."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def escape_xlsx(text: str) -> str:
    """`text` for a cell's XML: characters that XML cannot hold become _xHHHH_, and a literal _xHHHH_ is protected
    (ECMA-376 part 1, 22.9.2.19, ST_Xstring); LibreOffice reads fewer digits too."""
    text = re.sub("_(?=x[0-9A-Fa-f]{1,4}_)", "_x005F_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(f"[{NOT_XML}\0]", lambda found: f"_x{ord(found[0]):04X}_", text)


class SQLite:
    """One printf() a line beats a chain of ||: it builds the text once. Comparisons cost next to nothing, a GLOB for
    one literal character is a memory scan, and one with a set in its middle is ten times slower."""

    def line(self, template: str, arguments: list[str]) -> str:
        return f"printf({literal(template)}, {', '.join(arguments)})"

    def integer(self, x: str) -> Cell:
        """Never NULL."""
        return "%d", [x]

    def doubled(self, x: str) -> Cell:
        """A text with its quotation marks doubled; never NULL."""
        return "%w", [x]

    def iso_datetime(self, x: str) -> Cell:
        """Never NULL. Django stores "YYYY-MM-DD HH:MM:SS.ffffff" in UTC, without the fraction where it is 0."""
        return "%.10sT%s+00:00", [x, f"substr({x}, 12)"]

    def iso_date(self, x: str) -> Cell:
        return "%s", [x]

    def serial_datetime(self, x: str) -> Cell:
        """A spreadsheet's time, days since 1899-12-30 with their fraction; never NULL. To the millisecond."""
        return "%.8f", [f"julianday({x}) - 2415018.5"]

    def serial_date(self, x: str) -> Cell:
        return "%d", [f"julianday({x}) - 2415018.5"]

    def json(self, x: str) -> Cell:
        """A JSON string, or null."""
        return "%s", [f"json_quote({x})"]

    def apostrophe(self, x: str) -> str:
        """An apostrophe where `x` could be taken for a formula, or would be read back as one (see FORMULA)."""
        # All of FORMULA, and the apostrophe, sort before A or after U+FF00, as few other first letters do: the GLOB is
        # rarely tried.
        formula = f"ltrim({x}, '''') GLOB {literal(f'[{FORMULA}]*')}"
        return f"CASE WHEN ({x} < 'A' OR {x} > '\uff00') AND {formula} THEN '''' ELSE '' END"

    def xml(self, x: str) -> str:
        """`x` as it stands in a sheet's XML. The Python function is called only for the few texts that may need it."""
        # json_quote() puts a backslash before every control character; the line feed is one that XML can hold.
        control = f"json_quote(replace({x}, {literal(chr(10))}, '')) GLOB '*\\*'"
        marks = " OR ".join(f"{x} GLOB '*{mark}*'" for mark in ("&", "<", ">", "_x"))
        needed = f"{marks} OR {control} OR instr({x}, '\ufffe') OR instr({x}, '\uffff')"
        return f"CASE WHEN {needed} THEN escape_xlsx({x}) ELSE {x} END"  # see exports.writers.sources


class PostgreSQL:
    def line(self, template: str, arguments: list[str]) -> str:
        return f"format({literal(template)}, {', '.join(arguments)})"

    def integer(self, x: str) -> Cell:
        return "%s", [x]

    def doubled(self, x: str) -> Cell:
        return "%s", [f"""replace({x}, '"', '""')"""]

    def iso_datetime(self, x: str) -> Cell:
        # As Python and SQLite write it: a whole second has no fraction.
        fraction = f"CASE WHEN {x} = date_trunc('second', {x}) THEN '' ELSE '.US' END"
        return "%s", [f"""to_char({x} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS' || {fraction} || '"+00:00"')"""]

    def iso_date(self, x: str) -> Cell:
        return "%s", [f"to_char({x}, 'YYYY-MM-DD')"]

    def serial_datetime(self, x: str) -> Cell:
        return "%s", [f"round(extract(epoch FROM {x}) / 86400 + 25569, 8)"]

    def serial_date(self, x: str) -> Cell:
        return "%s", [f"{x} - DATE '1899-12-30'"]

    def json(self, x: str) -> Cell:
        return "%s", [f"coalesce(to_json({x})::text, 'null')"]

    def apostrophe(self, x: str) -> str:
        formula = literal(f"^'*[{FORMULA}]")
        return f"CASE WHEN {x} ~ {formula} THEN '''' ELSE '' END"

    def xml(self, x: str) -> str:
        needed = f"{x} ~ {literal(f'[&<>{NOT_XML}]|_x[0-9A-Fa-f]{{1,4}}_')}"
        escaped = f"regexp_replace({x}, '_(?=x[0-9A-Fa-f]{{1,4}}_)', '_x005F_', 'g')"
        steps = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), *((c, f"_x{ord(c):04X}_") for c in NOT_XML)]
        for character, entity in steps:
            escaped = f"replace({escaped}, {literal(character)}, {literal(entity)})"
        return f"CASE WHEN {needed} THEN {escaped} ELSE {x} END"


def optional(dialect, x: str, cell: Cell, missing: str) -> Cell:
    """The `cell` of a column `x`, or `missing` where that is NULL."""
    template, arguments = cell
    return "%s", [f"CASE WHEN {x} IS NULL THEN {literal(missing)} ELSE {dialect.line(template, arguments)} END"]


def join(cells: list[Cell], before: str, between: str, after: str) -> Cell:
    """One cell of several, with what stands around them."""
    templates, arguments = zip(*cells, strict=True)
    return before + between.join(templates) + after, [argument for some in arguments for argument in some]
