"""jionlp's extractors over the texts on stdin: a list of [start, end, kind] for each, as one JSON line on stdout."""

import contextlib
import io
import json
import sys

with contextlib.redirect_stdout(io.StringIO()):  # it prints a banner
    import jionlp

EXTRACTORS = {
    "resident_id": jionlp.extract_id_card,
    "phone": jionlp.extract_phone_number,
    "email": jionlp.extract_email,
    "ip": jionlp.extract_ip_address,
    "qq": jionlp.extract_qq,
    "wechat": jionlp.extract_wechat_id,
    "plate": jionlp.extract_motor_vehicle_licence_plate,
}


def found(text: str) -> list[tuple[int, int, str]]:
    """Spans of every kind that it knows."""
    return [(*one["offset"], kind) for kind, extract in EXTRACTORS.items() for one in extract(text, detail=True)]


json.dump([found(text) for text in json.load(sys.stdin)], sys.stdout)
