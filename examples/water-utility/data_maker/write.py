"""Writes a day's rows as Parquet, JSON Lines, Excel, CSV and PNG, byte for byte the same every time."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from .pictures import draw_meter
from .rows import Message, Ticket
from .tables import Customer, FaqRow, Photo

TIMESTAMP = pa.timestamp("us")
TICKETS = pa.schema(
    [
        ("ticket_id", pa.int64()), ("channel", pa.string()), ("category", pa.string()), ("title", pa.string()),
        ("description", pa.string()), ("reply", pa.string()), ("status", pa.string()), ("customer_id", pa.int64()),
        ("created_at", TIMESTAMP), ("updated_at", TIMESTAMP), ("is_deleted", pa.bool_()),
    ]
)
PHOTOS = pa.schema(
    [("photo_id", pa.string()), ("path", pa.string()), ("reading_state", pa.string()), ("taken_at", TIMESTAMP)]
)
FAQ_HEADER = ("编号", "问题", "答案", "更新日期")
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
SAVED_AT = datetime(2025, 1, 1)


def write_tickets(path: Path, tickets: list[Ticket]) -> None:
    rows = [{name: getattr(ticket, name) for name in TICKETS.names} for ticket in tickets]
    pq.write_table(pa.Table.from_pylist(rows, schema=TICKETS), path)


def write_chats(path: Path, messages: list[Message]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for m in messages:
            line = {"msg_id": m.msg_id, "session_id": m.session_id, "seq": m.seq, "speaker": m.speaker, "text": m.text}
            line["sent_at"] = m.sent_at.isoformat(timespec="milliseconds")
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def write_faq(path: Path, rows: Iterable[FaqRow]) -> None:
    book = openpyxl.Workbook()
    book.properties.created = SAVED_AT
    sheet = book.create_sheet("常见问题")
    del book["Sheet"]
    sheet.append(FAQ_HEADER)
    for row in rows:
        sheet.append((row.number, row.question, row.answer, row.updated))
    for column, width in zip("ABCD", (10, 36, 90, 14), strict=True):
        sheet.column_dimensions[column].width = width
    buffer = io.BytesIO()
    book.save(buffer)
    _without_clock(buffer, path)


def _without_clock(workbook: io.BytesIO, path: Path) -> None:
    """openpyxl stamps the archive and `docProps/core.xml` with the time of saving; give both a fixed one."""
    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename == "docProps/core.xml":
                head, _, rest = data.partition(b"<dcterms:modified")
                _, _, tail = rest.partition(b"</dcterms:modified>")
                data = head + tail
            fixed = zipfile.ZipInfo(info.filename, ZIP_EPOCH)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(fixed, data)


def write_customers(path: Path, customers: list[Customer]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("customer_id", "customer_type", "district", "since"))
        writer.writerows((c.customer_id, c.customer_type, c.district, c.since) for c in customers)


def write_photos(folder: Path, photos: list[Photo], rng: random.Random) -> None:
    """The table and, beside it, the pictures."""
    rows = [{name: getattr(photo, name) for name in PHOTOS.names} for photo in photos]
    pq.write_table(pa.Table.from_pylist(rows, schema=PHOTOS), folder / "meter_photos.parquet")
    (folder / "images").mkdir(exist_ok=True)
    for photo in photos:
        if photo.has_file:
            (folder / photo.path).write_bytes(draw_meter(rng, photo.drawn_state))


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
