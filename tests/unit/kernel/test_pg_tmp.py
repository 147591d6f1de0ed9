import pytest
from tests.unit.kernel.ledger_cases import *
from washplant.ledger import schema
import psycopg
@pytest.fixture
def url():
    with psycopg.connect("host=127.0.0.1 port=55432 user=etl dbname=postgres", autocommit=True) as c:
        for t in schema.metadata.tables: c.execute(f"drop table if exists {t}")
    return "postgresql+psycopg://etl:Pw-1%E4%B8%AD@127.0.0.1:55432/postgres"
