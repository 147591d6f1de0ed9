"""Airflow DAGs, made from the project files in the folder `WASHPLANT_PROJECTS`.

They import Airflow and nothing of the product: tasks call the `washplant` of the core environment. Copy this package into
Airflow's plugins folder and `dag_file.py` into its DAG folder (docs/how-to/airflow.md).
"""
