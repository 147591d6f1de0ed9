"""The ledger: an index of committed runs, watermarks, locks and push intents in SQLite, MySQL or PostgreSQL.

The manifests are the truth; `rebuild` restores everything but push intents from them.
"""

from washplant.ledger.ledger import Ledger, PushIntent
from washplant.ledger.lock import Lock, lock_wait_s

__all__ = ["Ledger", "Lock", "PushIntent", "lock_wait_s"]
