"""Real servers on loopback for tests, benchmarks and tutorials: `python -m sandbox up|down|status [NAME…]`.

Each server is one file with one class; everything it writes lies under `.cache/sandbox/<name>/` of the checkout.
"""

from __future__ import annotations

from sandbox.cluster import Cluster
from sandbox.hbase import HBase
from sandbox.mariadb import MariaDB
from sandbox.mysql9 import MySQL9
from sandbox.server import NotReady, Server, Unavailable

SERVERS: dict[str, type[Server]] = {"mariadb": MariaDB, "mysql": MySQL9, "cluster": Cluster, "hbase": HBase}

__all__ = ["SERVERS", "HBase", "MariaDB", "MySQL9", "NotReady", "Server", "Unavailable"]
