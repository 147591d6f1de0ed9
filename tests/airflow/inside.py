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
print(
    json.dumps(
        {
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
