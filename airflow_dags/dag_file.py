"""The one file for Airflow's DAG folder: every project in `WASHPLANT_PROJECTS` becomes its DAGs."""

from __future__ import annotations

from airflow_dags.factory import dags

# Airflow takes the DAGs that it finds among a module's globals.
globals().update({dag.dag_id: dag for dag in dags()})
