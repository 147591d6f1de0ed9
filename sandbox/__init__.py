"""Real servers on loopback for tests, benchmarks and tutorials: `python -m sandbox up|down|status [NAME…]`.

Each server is one file with one class; everything it writes lies under `.cache/sandbox/<name>/` of the checkout.
"""

from __future__ import annotations

from sandbox.airflow import Airflow
from sandbox.cluster import Cluster
from sandbox.hbase import HBase
from sandbox.hdfs import HDFS
from sandbox.hive4 import Hive4
from sandbox.hiveserver2 import HiveServer2
from sandbox.label_studio import LabelStudio
from sandbox.mariadb import MariaDB
from sandbox.metastore import Metastore
from sandbox.mysql9 import MySQL9
from sandbox.server import NotReady, Server, Unavailable

SERVERS: dict[str, type[Server]] = {
    "mariadb": MariaDB,
    "mysql": MySQL9,
    "hive": HiveServer2,
    "hive4": Hive4,
    "metastore": Metastore,
    "hbase": HBase,
    "hdfs": HDFS,
    "cluster": Cluster,
    "label_studio": LabelStudio,
    "airflow": Airflow,
}

__all__ = [
    "HDFS",
    "SERVERS",
    "Airflow",
    "HBase",
    "Hive4",
    "HiveServer2",
    "LabelStudio",
    "MariaDB",
    "Metastore",
    "MySQL9",
    "NotReady",
    "Server",
    "Unavailable",
]
