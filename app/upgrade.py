"""What a database of an earlier version lacks, made from what it holds. Nothing that it holds is changed."""

from decimal import Decimal

import sqlalchemy as sql

from app.core.ledger import Ledger
from app.core.model import Fill
from app.rows import record_of

FEES = ("open_fees", "closed_fees")


def add_fees(connection: sql.Connection, fills: sql.Table, positions: sql.Table) -> None:
    """Before schema 3 a position did not say what it had paid in fees: its fills do."""
    has = {column["name"] for column in sql.inspect(connection).get_columns(positions.name)}
    for name in FEES:
        if name not in has:
            connection.execute(sql.text(f"ALTER TABLE {positions.name} ADD COLUMN {name} TEXT"))
    lacking = positions.c.open_fees.is_(None) | positions.c.closed_fees.is_(None)  # also where an upgrade was cut off
    of_run = sql.select(positions.c.account, positions.c.run).where(lacking).distinct()
    for account, run in connection.execute(of_run).all():
        wanted = sql.select(fills).where(fills.c.account == account, fills.c.run == run).order_by(fills.c.fill_id)
        ledger = Ledger(Decimal(0), [record_of(Fill, row) for row in connection.execute(wanted).mappings()])
        for held in ledger.positions.values():
            found = [positions.c.account == account, positions.c.run == run, positions.c.symbol == held.symbol]
            connection.execute(positions.update().where(*found).values({name: getattr(held, name) for name in FEES}))
