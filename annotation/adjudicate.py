"""The answers of several annotators as one resolution per (id, version), the same one in whatever order they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from annotation.recheck import MASKED, mask_content, reshape
from annotation.records import ANSWER_SCHEMA, CONTENT, RESOLUTION_SCHEMA, TIME, Reason, Status, Verdict
from annotation.votes import REJECT_KEY, content_key, votes
from washplant.text.pii import Policy

Flags = npt.NDArray[np.bool_]


class AdjudicationRules(BaseModel):
    """When answers settle a sample."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_answers: int = Field(default=1, ge=1, description="answers that a sample needs; skips do not count")
    agree: Literal["exact", "majority"] = Field(
        default="majority", description="exact: all answers are equal as compared; majority: more than half of them are"
    )


def adjudicate(
    answers: pa.Table,
    originals: pa.Table | None = None,
    rules: AdjudicationRules = AdjudicationRules(),  # noqa: B008 - frozen
    *,
    masked: Policy | Sequence[str] = MASKED,
) -> pa.Table:
    """One row per (id, version) that anybody answered or skipped (RESOLUTION_SCHEMA), sorted by them.

    `answers`: ANSWER_SCHEMA, all states in any order, deleted ones too: a sample whose only answer was deleted is open.
    `originals`: id, version and content of the samples; an answer equal to the original is accepted, with the original's
    bytes; without them the annotation's own verdict says so. Answers agree when their matching views do, and all
    rejections agree. Of equal answers the newest one's text is taken (then the greatest annotator's). Personal numbers
    are masked before anything is compared; an answer that lost a part or whose turns are out of order is rejected.
    """
    rows, hidden = mask_content(answers.select(ANSWER_SCHEMA.names).cast(ANSWER_SCHEMA), masked)
    ballots = votes(rows)
    if ballots.empty:
        return RESOLUTION_SCHEMA.empty_table()
    found = _counted(ballots, rules)
    chosen = rows.take(pa.array(found["row"].to_numpy()))
    chosen, accepted = _compared(chosen, originals)
    chosen, faults = reshape(chosen)
    found["hidden"] = hidden[found["row"].to_numpy()]
    found["fault"] = np.array(faults, dtype=object)
    found["accepted"] = accepted
    return _table(found, chosen, ballots, rows)


def _counted(ballots: pd.DataFrame, rules: AdjudicationRules) -> pd.DataFrame:
    """One row per group, in order: `answers` that count, `key` of the most, `row` of the answer to show for it, whether
    there are `enough` and they are `agreed`.

    Where all were skips `row` is one of them and `key` null; the callers use neither.
    """
    counting = ballots[_counts(ballots)]
    newest = counting.sort_values(["group", "key", "updated_at", "annotator"], kind="stable")
    tally = newest.groupby(["group", "key"], sort=True).agg(votes=("row", "size"), row=("row", "last")).reset_index()
    best = tally.sort_values(["group", "votes", "key"], ascending=[True, False, True]).drop_duplicates("group")
    found = ballots.drop_duplicates("group")[["group", "row"]].rename(columns={"row": "any_row"})
    found = found.merge(best, on="group", how="left").reset_index(drop=True)
    found["row"] = found["row"].fillna(found["any_row"]).astype("int64")
    total = np.bincount(counting["group"].to_numpy(), minlength=len(found))
    won = found["votes"].fillna(0).to_numpy()
    found["answers"] = total
    found["enough"] = total >= rules.min_answers
    found["agreed"] = (total > 0) & (won == total if rules.agree == "exact" else won * 2 > total)
    return found


def _counts(ballots: pd.DataFrame) -> Flags:
    return ballots["verdict"].to_numpy() != str(Verdict.SKIP)


def _compared(chosen: pa.Table, originals: pa.Table | None) -> tuple[pa.Table, Flags]:
    """The chosen answers, with the original's bytes where they equal it; and whether they do."""
    accepted = np.asarray(pc.equal(chosen.column("verdict"), str(Verdict.ACCEPT)))
    if originals is None or originals.num_rows == 0:
        return chosen, accepted
    keys = originals.select(["id", "version"]).to_pandas()
    keys["at"] = np.arange(len(keys))
    known = (
        chosen.select(["id", "version"])
        .to_pandas()
        .merge(keys.drop_duplicates(["id", "version"]), on=["id", "version"], how="left")["at"]
    )
    found = known.notna().to_numpy()
    at = pa.array(known.fillna(0).astype("int64"))
    content = originals.select(CONTENT).cast(pa.schema([ANSWER_SCHEMA.field(name) for name in CONTENT])).take(at)
    equal = np.asarray(pc.equal(content_key(content, matching=False), content_key(chosen, matching=False)))
    accepted = np.where(found, equal, accepted)
    own = pa.array(found & equal)
    for name in CONTENT:
        texts = pc.if_else(own, content.column(name).combine_chunks(), chosen.column(name).combine_chunks())
        chosen = chosen.set_column(chosen.schema.get_field_index(name), chosen.schema.field(name), texts)
    return chosen, accepted


def _table(found: pd.DataFrame, chosen: pa.Table, ballots: pd.DataFrame, rows: pa.Table) -> pa.Table:
    status, reason = _status(found)
    settled = (found["enough"] & found["agreed"]).to_numpy(dtype=bool)
    used = _used(ballots, found, settled)
    approved = pa.array(np.isin(status, [str(Status.ACCEPTED), str(Status.EDITED)]))
    by_group = used.groupby("group")["updated_at"].max().reindex(found["group"])
    content = {
        name: pc.if_else(approved, chosen.column(name).combine_chunks(), pa.scalar(None, chosen.schema.field(name).type))
        for name in CONTENT
    }
    columns = {
        "id": chosen.column("id"),
        "version": chosen.column("version"),
        "status": pa.array(status, pa.string()),
        "reason": pa.array(reason, pa.string()),
        "reject_reasons": _reject_reasons(used, rows, settled & (found["key"] == REJECT_KEY).to_numpy(), found),
        **content,
        "annotators": _lists(used.sort_values(["group", "annotator"]), "annotator", len(found)),
        "answers": pa.array(found["answers"].to_numpy(), pa.int32()),
        "masked": pa.array(np.where(settled, found["hidden"], 0), pa.int32()),
        "resolved_at": pa.array(by_group, TIME, from_pandas=True),
    }
    return pa.table(columns, schema=RESOLUTION_SCHEMA)


def _status(found: pd.DataFrame) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Status and reason of each row; the first that holds."""
    rejected = (found["key"] == REJECT_KEY).to_numpy()
    fault = found["fault"].to_numpy(dtype=object)
    cases: list[tuple[Flags, Status, object]] = [
        ((found["answers"] == 0).to_numpy(), Status.OPEN, str(Reason.NO_ANSWER)),
        (~found["enough"].to_numpy(dtype=bool), Status.OPEN, str(Reason.TOO_FEW_ANSWERS)),
        (~found["agreed"].to_numpy(dtype=bool), Status.OPEN, str(Reason.DISAGREEMENT)),
        (rejected, Status.REJECTED, str(Reason.REJECTED_BY_ANNOTATOR)),
        (found["fault"].notna().to_numpy(), Status.REJECTED, fault),
        (found["accepted"].to_numpy(dtype=bool), Status.ACCEPTED, None),
    ]
    status = np.full(len(found), str(Status.EDITED), dtype=object)
    reason = np.full(len(found), None, dtype=object)
    for flags, name, why in reversed(cases):
        status[flags] = str(name)
        reason[flags] = why[flags] if isinstance(why, np.ndarray) else why
    return status, reason


def _used(ballots: pd.DataFrame, found: pd.DataFrame, settled: Flags) -> pd.DataFrame:
    """The ballots behind each row: those that won, or all that count where nothing is settled."""
    groups = ballots["group"].to_numpy()
    won = found["key"].to_numpy()[groups] == ballots["key"].to_numpy()
    return ballots[_counts(ballots) & (won | ~settled[groups])]


def _lists(frame: pd.DataFrame, column: str, groups: int) -> pa.ListArray:
    """The column's values of each group as a list; the frame is sorted by group."""
    sizes = np.bincount(frame["group"].to_numpy(), minlength=groups)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(frame[column], pa.string()))


def _reject_reasons(used: pd.DataFrame, rows: pa.Table, rejected: Flags, found: pd.DataFrame) -> pa.ListArray:
    """What the rejecting annotators gave as reasons, each once, sorted."""
    mine = used[rejected[used["group"].to_numpy()]]
    reasons = rows.column("reasons").take(pa.array(mine["row"].to_numpy())).to_pylist()
    pairs = {(group, reason) for group, given in zip(mine["group"], reasons, strict=True) for reason in given or ()}
    return _lists(pd.DataFrame(sorted(pairs), columns=["group", "reason"]).astype({"group": "int64"}), "reason", len(found))
