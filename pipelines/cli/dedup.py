"""`washplant dedup …`: near duplicates in files, how they are found, and what was held apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli import dedup_run
from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption
from pipelines.cli.output import tell

app = typer.Typer(help="Near duplicates: find them in files, how they are found, what was held apart.", no_args_is_help=True)
app.command("run")(dedup_run.run)


@app.command("plan")
def plan(
    threshold: Annotated[float, typer.Option("--threshold", help="similarity from which two samples are duplicates")] = 0.8,
    num_perm: Annotated[int, typer.Option("--num-perm", min=16, max=1024, help="MinHash permutations")] = 128,
    recall: Annotated[float, typer.Option("--recall", help="share of true pairs that must be compared")] = 0.999,
    rows: Annotated[int, typer.Option("--rows", min=1, help="samples to reckon the cost for")] = 1_000_000,
    picture: Annotated[Path | None, typer.Option("--picture", help="also write the S-curve as SVG")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the bands that a threshold needs, how probably a pair is compared, and what N samples cost. Reads nothing.

    Example: washplant dedup plan --threshold .8 --picture s-curve.svg
    """
    from washplant.report.s_curve import as_svg, drawn
    from washplant.text.bands import candidate_probability, choose_bands, mean_recall

    bands, size = choose_bands(threshold, num_perm, recall)
    compared = {f"{s:.2f}": float(candidate_probability(s, bands, size)) for s in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9)}
    found, keys = mean_recall(threshold, bands, size), rows * bands
    data = {
        "threshold": threshold,
        "bands": bands,
        "rows_per_band": size,
        "recall": found,
        "at": compared,
        "keys": keys,
        "key_bytes": keys * 8,
        "signature_bytes": rows * num_perm * 4,
    }
    lines = [
        f"{bands} bands of {size} values (of {num_perm}): {found:.4%} of the pairs at or above {threshold:g} "
        "are compared",
        drawn(bands, size, threshold),
        "compared, of pairs this similar: " + ", ".join(f"{s} {p:.2%}" for s, p in compared.items()),
        f"{rows:,} samples: {keys:,} keys, {keys * 8 / 1e9:.2f} GB of them shuffled",
    ]
    if picture:
        picture.write_text(as_svg(bands, size, threshold, f"{bands} × {size}"), encoding="utf-8")
        lines.append(f"picture: {picture}")
    tell("\n".join(lines), data, as_json)


@app.command("held")
def held(
    sample: Annotated[str | None, typer.Argument(help="a sample's whole id; all samples when not given")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="at most this many pairs")] = 10,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show pairs of kept samples that are similar enough but do not say the same, and what differs. Starts no Spark.

    Example: washplant dedup held --limit 20
    """
    from pipelines.held import describe, told
    from pipelines.project import open_project

    found = told(open_project(config), sample, limit)
    tell(describe(found), {"pairs": found}, as_json)
