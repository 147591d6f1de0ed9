"""What the report shows. Plain frozen data: equal data makes an equal page, byte by byte; no clock and no host is in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Count:
    """A name and how often."""

    name: str
    count: int


@dataclass(frozen=True)
class Turn:
    """One text of a sample. `role`: a speaker, or the sample's field; `left_out`: characters that were cut off its end."""

    role: str
    text: str
    left_out: int = 0


@dataclass(frozen=True)
class Example:
    """A sample as it is shown, masked and cleaned; `left_out`: turns that are not shown."""

    id: str
    mapping: str
    turns: tuple[Turn, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Source:
    """A source of rows. `living`: rows it has now; `files`: files in its position, for sources that are files."""

    name: str
    kind: str
    living: int = 0
    rows_read: int = 0
    upserts: int = 0
    deletes: int = 0
    runs: int = 0
    not_curated: int = 0
    watermark: str | None = None
    files: int | None = None


@dataclass(frozen=True)
class Reject:
    """Rows that a step dropped for a reason, with a few of their texts."""

    step: str
    reason: str
    count: int
    examples: tuple[Example, ...] = ()

    @property
    def code(self) -> str:
        """`step.reason`, as in manifests."""
        return f"{self.step}.{self.reason}"


@dataclass(frozen=True)
class Funnel:
    """The way of one mapping's rows. `grouped`: several rows make one sample, so rows and samples do not compare.
    `labelled`: kept samples that people approved; `exported`: lines in the newest version of each dataset."""

    mapping: str
    source: str
    task: str
    grouped: bool
    source_rows: int
    samples: int
    dropped: tuple[Reject, ...]
    kept: int
    labelled: int
    exported: tuple[Count, ...]

    @property
    def lines(self) -> int:
        """Exported samples: the most that one dataset takes, as several datasets may take the same ones."""
        return max((one.count for one in self.exported), default=0)

    @property
    def no_sample(self) -> int:
        """Source rows that the mapping's condition leaves out."""
        return 0 if self.grouped else max(0, self.source_rows - self.samples)

    @property
    def scale(self) -> int:
        """What a full bar stands for."""
        return max(self.samples, 0 if self.grouped else self.source_rows, 1)


@dataclass(frozen=True)
class MaskedKind:
    """Personal data of one kind: how many rows had it, how often it was masked."""

    kind: str
    rows: int
    times: int


@dataclass(frozen=True)
class MaskedColumn:
    """Personal data of one kind in one column of the samples: messages, input, meta.KEY, …"""

    column: str
    kind: str
    rows: int
    times: int


@dataclass(frozen=True)
class FrequentLine:
    """A line or sentence, masked, that stands in `rows` of a mapping's `of` answers."""

    mapping: str
    line: str
    rows: int
    of: int


@dataclass(frozen=True)
class Pair:
    """A removed row beside the kept row that stands for it; `similarity`: exact Jaccard similarity of their views."""

    removed: Example
    kept: Example
    similarity: float
    reason: str


@dataclass(frozen=True)
class Bin:
    """Near duplicates whose similarity is in [low, high); the last bin holds 1.0 too."""

    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Duplicates:
    """Rows that another row stands for."""

    threshold: float
    exact: int = 0
    near: int = 0
    histogram: tuple[Bin, ...] = ()
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class Annotator:
    """One person's answers by verdict."""

    name: str
    answers: int
    verdicts: tuple[Count, ...]


@dataclass(frozen=True)
class Labels:
    """People's work. `reasons`: why tasks were asked; `settled`: resolutions by status."""

    tasks: int = 0
    reasons: tuple[Count, ...] = ()
    answers: int = 0
    settled: tuple[Count, ...] = ()
    without_answer: int = 0
    annotators: tuple[Annotator, ...] = ()


@dataclass(frozen=True)
class File:
    """One file of a dataset version."""

    name: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Version:
    """One published version; `made_of`: the runs it was made of."""

    number: int
    splits: tuple[Count, ...]
    withheld: tuple[Count, ...]
    files: tuple[File, ...]
    made_of: tuple[str, ...] = ()

    @property
    def lines(self) -> int:
        """Lines of all splits."""
        return sum(split.count for split in self.splits)


@dataclass(frozen=True)
class Dataset:
    """A dataset with its versions, newest first; `older`: how many more there are. `sample`: first lines of the newest."""

    name: str
    format: str
    versions: tuple[Version, ...]
    older: int = 0
    sample: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rules:
    """Digest of everything that decides how a mapping is curated, and how many rows older rules curated."""

    mapping: str
    digest: str
    stale: int


@dataclass(frozen=True)
class ReportData:
    """Everything on the page, as the store stands."""

    project: str
    code_version: str = ""
    sources: tuple[Source, ...] = ()
    funnels: tuple[Funnel, ...] = ()
    masked: tuple[MaskedKind, ...] = ()
    masked_in: tuple[MaskedColumn, ...] = ()
    changed: tuple[Count, ...] = ()
    frequent: tuple[FrequentLine, ...] = ()
    duplicates: Duplicates = Duplicates(threshold=0.8)
    rejects: tuple[Reject, ...] = ()
    labels: Labels = Labels()
    datasets: tuple[Dataset, ...] = ()
    rules: tuple[Rules, ...] = ()
    runs: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether no run was ever committed."""
        return not self.runs

    @property
    def living(self) -> int:
        """Rows in all sources."""
        return sum(source.living for source in self.sources)

    @property
    def samples(self) -> int:
        """Samples of all mappings."""
        return sum(funnel.samples for funnel in self.funnels)

    @property
    def kept(self) -> int:
        """Samples in the pool."""
        return sum(funnel.kept for funnel in self.funnels)

    @property
    def labelled(self) -> int:
        """Kept samples that people approved."""
        return sum(funnel.labelled for funnel in self.funnels)

    @property
    def lines(self) -> int:
        """Lines in the newest version of every dataset."""
        return sum(dataset.versions[0].lines for dataset in self.datasets if dataset.versions)

    @property
    def stale(self) -> int:
        """Rows that older rules curated."""
        return sum(rule.stale for rule in self.rules)
