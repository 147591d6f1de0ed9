"""Run by Airflow's own interpreter: what the DAG file makes, as one JSON object. No test framework is there."""

import json
import sys
import time

# A DAG processor has these before it meets our file.
import airflow.providers.standard.operators.empty
import airflow.sdk
import airflow.triggers.base  # noqa: F401

started = time.perf_counter()
import washplant_dags  # noqa: E402

parsed_s = time.perf_counter() - started

from airflow.serialization.serialized_objects import DagSerialization  # noqa: E402

PRODUCT = ("washplant", "connectors", "annotation", "training", "pipelines", "pyspark", "torch")
dags = {name: value for name, value in vars(washplant_dags).items() if "." in name}


def edges(dag: object) -> list[list[str]]:
    return sorted([task.task_id, below] for task in dag.tasks for below in task.downstream_task_ids)  # type: ignore[attr-defined]


for dag in dags.values():
    dag.check_cycle() if hasattr(dag, "check_cycle") else dag.topological_sort()
    json.dumps(DagSerialization.to_dict(dag))


def deferred() -> list[str]:
    """The trigger that a campaign's `wait` goes to sleep by, and the one that a triggerer makes of what is stored of it."""
    from airflow.sdk.exceptions import TaskDeferred
    from airflow.sdk.module_loading import import_string

    started = type("Instance", (), {"start_date": None})()
    params = {"share_done": 0.9, "agreement": 0, "deadline_h": 1}
    try:
        dags["demo.campaign"].get_task("wait").execute({"params": params, "ti": started})
    except TaskDeferred as wish:
        path, arguments = wish.trigger.serialize()
        again, _ = import_string(path)(**json.loads(json.dumps(arguments))).serialize()
        return [path, again]
    return ["", ""]


first, again = deferred()
print(
    json.dumps(
        {
            "deferred_to": first,
            "trigger_again": again,
            "parsed_s": round(parsed_s, 3),
            "product": sorted(name for name in sys.modules if name.split(".")[0] in PRODUCT),
            "dags": {
                name: {
                    "tasks": {
                        task.task_id: {"owner": task.owner, "retries": task.retries, "pool": task.pool} for task in dag.tasks
                    },
                    "edges": edges(dag),
                    "tags": sorted(dag.tags),
                    "doc": dag.doc_md,
                }
                for name, dag in dags.items()
            },
        }
    )
)
