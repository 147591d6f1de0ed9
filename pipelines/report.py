"""The report's data, read from manifests and with Arrow's own filters: no Spark, and never all texts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipelines import labels, mine, raw
from pipelines.curate import rules
from pipelines.entries import DROPPED, KEPT, PARTS
from pipelines.export import SPLITS
from pipelines.project import Project
from washplant import __version__
from washplant.faults import fault
from washplant.manifest import VERSIONS, Manifest
from washplant.report import LANGUAGES, ReportData, render, scan
from washplant.report.data import (
    Annotator,
    Count,
    Dataset,
    Duplicates,
    Example,
    File,
    FrequentLine,
    Funnel,
    Labels,
    MaskedColumn,
    MaskedKind,
    Pair,
    Reject,
    Rules,
    Source,
    Turn,
    Version,
)
from washplant.report.tally import COLUMNS, EXACT, EXAMPLES, NEAR, Approved, Tally

MAX_TEXT, MAX_TURNS, MAX_VERSIONS, MAX_LINE, SAMPLE_LINES = 1500, 12, 20, 4000, 3
MAX_LINES = 20  # frequent ones
_TEXTS = ("system", "input", "chosen", "rejected", "label", "image_path")


def write_report(project: Project, language: str | None = None) -> str:
    """Write the page in one language, or in all of them, and give the address of the (first) page."""
    data = collect(project)
    places = []
    for one in [language] if language else LANGUAGES:
        place = "reports/report.html" if one == LANGUAGES[0] else f"reports/report.{one}.html"
        page = render(data, one).encode()
        fault("report.before_replace")
        project.store.put(place, page)
        places.append(project.store.full(place))
    return places[0]


def collect(project: Project) -> ReportData:
    """Everything the page shows, as the store stands."""
    resolved = labels.resolutions(project)
    datasets = [one for run in project.manifests("curate") if (one := _dataset(project, run, PARTS.values()))]
    tally = Tally(_approved(resolved))
    for batch in scan.newest(datasets, "id", COLUMNS):
        tally.add(batch)
    published = {name: project.manifests(VERSIONS, name) for name in _dataset_names(project)}
    sources = tuple(_source(project, name) for name in project.loaded.config.sources)
    pairs, examples = _shown(datasets, tally)
    threshold = project.loaded.config.dedup.threshold
    return ReportData(
        project=project.loaded.config.name,
        code_version=__version__,
        sources=sources,
        funnels=_funnels(project, tally, sources, published),
        masked=tuple(MaskedKind(kind, rows, tally.masked_times[kind]) for kind, rows in _ranked(tally.masked_rows)),
        masked_in=_masked_in(tally),
        changed=_counts(tally.changed),
        frequent=tuple(FrequentLine(**one) for one in mine.stored(project)[:MAX_LINES]),
        duplicates=Duplicates(
            threshold, tally.duplicates(EXACT), tally.duplicates(NEAR), tally.histogram(threshold), tuple(pairs)
        ),
        rejects=_rejects(tally, examples),
        labels=_labels(project, resolved),
        datasets=tuple(_versions(project, name, versions) for name, versions in published.items()),
        rules=_rules(project, tally),
        runs=_runs(project, published),
    )


def _dataset(project: Project, run: Manifest, parts: Iterable[str]) -> ds.Dataset | None:
    files = [f"{run.run_id}/{run.attempt}/{file.path}" for part in parts for file in run.files.get(part, ())]
    return project.store.dataset(files) if files else None


def _ranked(counter: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))


def _counts(counter: Mapping[str, int]) -> tuple[Count, ...]:
    return tuple(Count(name, count) for name, count in _ranked(counter))


def _source(project: Project, name: str) -> Source:
    runs = project.manifests("raw", name)
    curated = project.latest("curate")
    seen = curated.facts["raw"].get(name, 0) if curated else 0
    datasets = [one for run in runs if (one := _dataset(project, run, ["rows"]))]
    living = sum(
        pc.sum(pc.equal(batch.column(raw.OP), raw.UPSERT)).as_py() or 0
        for batch in scan.newest(datasets, raw.KEY, [raw.KEY, raw.OP])
    )
    position = project.ledger.watermark(name)
    files = position.get("files")
    return Source(
        name=name,
        kind=project.loaded.config.sources[name].kind,
        living=living,
        rows_read=sum(run.counts.rows_in for run in runs),
        upserts=sum(run.facts["upserts"] for run in runs),
        deletes=sum(run.facts["deletes"] for run in runs),
        runs=len(runs),
        not_curated=sum(run.counts.kept for run in runs if run.number > seen),
        watermark=None if files is not None else _position(position),
        files=None if files is None else len(files),
    )


def _position(position: Mapping[str, Any]) -> str | None:
    if not position:
        return None
    if "value" in position:
        return f"{position.get('column', '')} {position['value']}".strip()
    if "columns" in position:
        return ", ".join(f"{column} {at['value']}" for column, at in position["columns"].items())
    return json.dumps(dict(position), ensure_ascii=False, sort_keys=True)[:120]


def _funnels(
    project: Project, tally: Tally, sources: tuple[Source, ...], published: Mapping[str, list[Manifest]]
) -> tuple[Funnel, ...]:
    living = {source.name: source.living for source in sources}
    outcomes = tally.outcomes
    known = {
        name: (mapping.source, str(mapping.task), bool(mapping.group_by)) for name, mapping in project.loaded.config.map.items()
    }
    found = []
    for name in [*known, *sorted({key[0] for key in outcomes} - set(known))]:
        source, task, grouped = known.get(name, ("", "", True))  # a mapping that the YAML has no more
        mine = {key[1:]: count for key, count in outcomes.items() if key[0] == name}
        dropped = {key[1:]: count for key, count in mine.items() if key[0] == DROPPED}
        found.append(
            Funnel(
                mapping=name,
                source=source,
                task=task,
                grouped=grouped,
                source_rows=living.get(source, 0),
                samples=sum(mine.values()),
                dropped=tuple(Reject(step, reason, count) for (step, reason), count in _by_count(dropped)),
                kept=sum(count for key, count in mine.items() if key[0] == KEPT),
                labelled=tally.labelled[name],
                exported=_exported(name, published),
            )
        )
    return tuple(found)


def _masked_in(tally: Tally) -> tuple[MaskedColumn, ...]:
    """Column by column, the kinds found most often first."""
    rows, times = tally.masked_in_rows, tally.masked_in_times
    found = [MaskedColumn(*name.rpartition(".")[::2], rows[name], times[name]) for name in rows]
    return tuple(sorted(found, key=lambda one: (one.column, -one.times, one.kind)))


def _by_count(dropped: Mapping[tuple[str, str], int]) -> list[tuple[tuple[str, str], int]]:
    return sorted(dropped.items(), key=lambda pair: (-pair[1], pair[0]))


def _exported(mapping: str, published: Mapping[str, list[Manifest]]) -> tuple[Count, ...]:
    lines = {
        f"{dataset}@{versions[-1].number}": sum(of.get(mapping, 0) for of in versions[-1].facts["lineage"].values())
        for dataset, versions in published.items()
        if versions
    }
    return tuple(Count(name, count) for name, count in lines.items() if count)


def _shown(datasets: list[ds.Dataset], tally: Tally) -> tuple[list[Pair], dict[tuple[str, str], list[Example]]]:
    """The pairs of duplicates and the rejects that were chosen, with their texts."""
    pairs = tally.chosen_pairs()
    rejects = {key: table.to_pylist() for key, table in tally.examples.items() if key[1] != EXACT}
    ids = {name for row in pairs for name in (row["id"], row["kept_id"])}
    ids |= {row["id"] for rows in rejects.values() for row in rows}
    rows = scan.rows_of(datasets, ids - {None}, ["id", "mapping", "messages", *_TEXTS])
    return (
        [
            Pair(_example(rows[row["id"]]), _example(rows[row["kept_id"]]), row["similarity"], row["drop_reason"])
            for row in pairs
            if row["kept_id"] in rows
        ],
        {key: [_example(rows[row["id"]]) for row in mine[:EXAMPLES]] for key, mine in rejects.items()},
    )


def _example(row: dict[str, Any]) -> Example:
    said = [(turn["role"], turn["content"]) for turn in row["messages"] or []]
    own = {name: row[name] for name in _TEXTS if row[name]}
    before = [(name, own.pop(name)) for name in ("system", "image_path") if name in own]
    turns = [*before, *said, *own.items()]
    shown = tuple(Turn(role or "", (text or "")[:MAX_TEXT], max(0, len(text or "") - MAX_TEXT)) for role, text in turns)
    return Example(row["id"], row["mapping"], shown[:MAX_TURNS], max(0, len(shown) - MAX_TURNS))


def _rejects(tally: Tally, examples: Mapping[tuple[str, str], list[Example]]) -> tuple[Reject, ...]:
    """All reasons but those of deduplication, which has its own part of the page."""
    total: Counter[tuple[str, str]] = Counter()
    for (_, status, step, reason), count in tally.outcomes.items():
        if status == DROPPED and reason not in (EXACT, NEAR):
            total[step, reason] += count
    return tuple(Reject(*key, count, tuple(examples.get(key, ()))) for key, count in _by_count(total))


def _approved(resolved: pa.Table) -> Approved:
    rows = resolved.filter(pc.is_in(resolved.column("status"), pa.array(labels.APPROVED)))
    samples = pc.binary_join_element_wise(rows.column("id"), rows.column("version"), ":")
    return Approved(samples.combine_chunks(), rows.column("view_hash").drop_null().combine_chunks())


def _labels(project: Project, resolved: pa.Table) -> Labels:
    tasks, states = labels.tasks(project), labels.answers(project)
    answers = _newest_answers(states) if states.num_rows else []
    verdicts: dict[str, Counter[str]] = {}
    for row in answers:
        verdicts.setdefault(str(row["annotator"]), Counter())[str(row["verdict"])] += 1
    people = [Annotator(name, sum(given.values()), _counts(given)) for name, given in verdicts.items()]
    return Labels(
        tasks=tasks.num_rows,
        reasons=_counts(Counter(tasks.column("reason").to_pylist())),
        answers=len(answers),
        settled=_counts(Counter(resolved.column("status").to_pylist())),
        without_answer=max(0, tasks.num_rows - resolved.num_rows),
        annotators=tuple(sorted(people, key=lambda one: (-one.answers, one.name))),
    )


def _newest_answers(states: pa.Table) -> list[dict[str, Any]]:
    """Of each annotation the newest state, withdrawn ones left out."""
    found: dict[Any, dict[str, Any]] = {}
    columns = ["annotation_id", "updated_at", "deleted", "annotator", "verdict"]
    ordered = states.select(columns).sort_by([("annotation_id", "ascending"), ("updated_at", "ascending")])
    for row in ordered.to_pylist():
        found[row["annotation_id"]] = row
    return [row for row in found.values() if not row["deleted"]]


def _dataset_names(project: Project) -> list[str]:
    config = list(project.loaded.config.export)
    return [*config, *(name for name in sorted(project.ledger.names(VERSIONS)) if name not in config)]


def _versions(project: Project, name: str, runs: list[Manifest]) -> Dataset:
    if not runs:
        return Dataset(name, project.loaded.config.export[name].format, ())
    newest = list(reversed(runs))
    versions = tuple(_version(run) for run in newest[:MAX_VERSIONS])
    return Dataset(name, newest[0].facts["format"], versions, len(runs) - len(versions), _sample(project, newest[0]))


def _version(run: Manifest) -> Version:
    files = [
        File(one.path, one.rows or 0, one.bytes, one.sha256 or "") for part in sorted(run.files) for one in run.files[part]
    ]
    splits = tuple(Count(split, run.facts["splits"].get(split, 0)) for split in SPLITS)
    order = {f"{split}.jsonl": place for place, split in enumerate(SPLITS)}
    files.sort(key=lambda file: (order.get(file.name, len(order)), file.name))
    return Version(run.number, splits, _counts(run.counts.dropped), tuple(files), run.inputs)


def _sample(project: Project, run: Manifest) -> tuple[str, ...]:
    """The first lines of a version's first split that has any."""
    for split in SPLITS:
        for file in run.files.get(split, ()):
            if file.rows:
                lines = project.store.lines(f"{run.run_id}/{file.path}")
                return tuple(line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}…" for line in islice(lines, SAMPLE_LINES))
    return ()


def _rules(project: Project, tally: Tally) -> tuple[Rules, ...]:
    """The rules as the YAML has them now, and how many living rows others curated."""
    found = []
    for name in project.loaded.config.map:
        digest = rules(project, name)
        stale = sum(count for (mapping, other), count in tally.rules.items() if mapping == name and other != digest)
        found.append(Rules(name, digest, stale))
    return tuple(found)


def _runs(project: Project, published: Mapping[str, list[Manifest]]) -> tuple[str, ...]:
    """The newest run of every stage: what the page was made from."""
    latest = [project.latest("raw", name) for name in project.loaded.config.sources]
    latest += [project.latest(stage) for stage in ("curate", "pick", "push", "pull", "labels")]
    latest += [versions[-1] if versions else None for versions in published.values()]
    return tuple(run.run_id for run in latest if run)
