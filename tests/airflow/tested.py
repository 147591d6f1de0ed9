"""Run by Airflow's own interpreter: `dag.test()` of each DAG named `DAG=CONF`, and its tasks' states as one JSON object."""

import contextlib
import json
import sys

import washplant_dags

found = {}
for given in sys.argv[1:]:
    name, _, conf = given.partition("=")
    with contextlib.redirect_stdout(sys.stderr):
        run = vars(washplant_dags)[name].test(run_conf=json.loads(conf), logical_date=None)
    tasks: dict[str, list[str]] = {}
    for each in run.get_task_instances():
        tasks.setdefault(each.task_id, []).append(str(each.state))
    found[name] = {"state": str(run.state), "tasks": tasks}
print(json.dumps(found))
