"""`washplant check`: does everything that a run needs work?"""

from __future__ import annotations

import typer

from pipelines.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, MasterOption, SourceOption
from pipelines.cli.output import tell


def check(
    config: ConfigOption = DEFAULT_CONFIG,
    source: SourceOption = None,
    master: MasterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the YAML, every source, the store and the ledger; say what to mend. Ends with 4 when something is wrong.

    Example: washplant check -c examples/water-utility/washplant.yaml
    """
    from pipelines.checks import check_project
    from pipelines.project import open_project

    findings = check_project(open_project(config, master=master), source)
    lines = [
        f"{'ok ' if finding.ok else 'NOT'}  {place}: {finding.what}"
        + (f"\n       → {finding.next_step}" if finding.next_step and not finding.ok else "")
        for place, finding in findings
    ]
    well = all(finding.ok for _, finding in findings)
    data = {
        "ok": well,
        "findings": [{"where": place, "ok": f.ok, "what": f.what, "next": f.next_step} for place, f in findings],
    }
    tell("\n".join(lines), data, as_json)
    if not well:
        raise typer.Exit(4)
