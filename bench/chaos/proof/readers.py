"""Reads what exports have written, with other people's code."""

import csv
import gzip
import io
import json

import openpyxl
from openpyxl.utils.escape import unescape


def plain(data: bytes, export_format: str) -> bytes:
    """The file without its compression."""
    return gzip.decompress(data) if export_format.endswith(".gz") else data


def read(data: bytes, export_format: str):
    """The names of the columns, and the rows as lists: text from CSV, values from the others. `data`: see `plain`."""
    match export_format.removesuffix(".gz"):
        case "csv":
            rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
            return rows[0], rows[1:]
        case "jsonl":
            rows = [json.loads(line) for line in data.decode().split("\n")[:-1]]
            return (list(rows[0]) if rows else []), [list(row.values()) for row in rows]
        case "xlsx":
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
            header, *rows = [
                [unescape(value) if isinstance(value, str) else value for value in row]
                for sheet in book
                for row in sheet.iter_rows(values_only=True)
            ]
            return header, rows
        case _:
            raise ValueError(f"Nobody has taught us to read {export_format}.")
