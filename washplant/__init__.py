"""The kernel: sample, config, errors, ids, ledger, manifests, text and report. No Spark, HTTP, Airflow or torch here."""

__version__ = "0.1.0"
