"""The books on disk: accounts, orders, fills and positions in SQL, by SQLAlchemy Core. SQLite by default, another by URL.

Only what is on disk exists: the books are made again from it, and a start whose positions differ from the stored ones stops.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import sqlalchemy as sql
from platformdirs import user_data_path
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from app.core.account import Account
from app.core.admission import Terms
from app.core.alert import Alert, AlertRule
from app.core.books import Booked, Books
from app.core.equity import EquityPoint
from app.core.model import AccountOpened, Fill, Position
from app.core.moving import MarginMoved
from app.core.orders import Order
from app.core.ruling import Ruling
from app.core.trip import Trip
from app.rows import Exact, columns_of, record_of, row_of
from app.upgrade import add_fees

log = logging.getLogger(__name__)

SCHEMA = 3
MOST_BOOKS = 10
BUSY_MS = 300
ALONE = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}


class BadStore(ValueError):
    """One sentence: the database can not be used, and what to do. `busy`: another dashboard uses it."""

    def __init__(self, sentence: str, busy: bool = False):
        super().__init__(sentence)
        self.busy = busy


TABLES = sql.MetaData()


def _of_run() -> tuple[sql.Column[Any], sql.Column[Any]]:
    return sql.Column("account", sql.Text, primary_key=True), sql.Column("run", sql.Integer, primary_key=True)


SCHEMAS = sql.Table("schema_version", TABLES, sql.Column("version", sql.Integer, primary_key=True))
ACCOUNTS = sql.Table(
    "accounts", TABLES, *_of_run(), sql.Column("begun_with", Exact, nullable=False), sql.Column("ts_ns", sql.BigInteger)
)


def _table(name: str, cls: type, key: str) -> sql.Table:
    columns = columns_of(cls)
    for column in columns:
        column.primary_key = column.name == key
    return sql.Table(name, TABLES, *_of_run(), *columns)


ORDERS = _table("orders", Order, "order_id")
FILLS = _table("fills", Fill, "fill_id")
POSITIONS = _table("positions", Position, "symbol")
RULINGS = _table("rulings", Ruling, "number")
ALERT_RULES = _table("alert_rules", AlertRule, "rule_id")
ALERTS = _table("alerts", Alert, "alert_id")
EQUITY = _table("equity", EquityPoint, "ts_ns")
TRIPS = _table("trips", Trip, "number")
RECORDS = {Order: ORDERS, Fill: FILLS, Position: POSITIONS}
RECORDS |= {Ruling: RULINGS, AlertRule: ALERT_RULES, Alert: ALERTS, EquityPoint: EQUITY, Trip: TRIPS}
RECORDS |= {MarginMoved: _table("margin_moves", MarginMoved, "number")}


def own_store() -> "Store":
    """A SQLite file in the user's own folder, one that no other dashboard uses now. Raises `BadStore`."""
    folder = user_data_path("scalping-dashboard", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadStore(f"{folder}: {error.strerror}: name another place with --database") from None
    for number in range(1, MOST_BOOKS):
        file = folder / f"books{'' if number == 1 else f'-{number}'}.db"
        try:
            store = Store(f"sqlite:///{file}")
        except BadStore as error:
            if not error.busy:
                raise
        else:
            log.log(logging.INFO if number == 1 else logging.WARNING, "books: %s", file)
            return store
    raise BadStore(f"{folder}: all books are in use: name another place with --database")


class Store:
    """One database. Used by one thread at a time: first by the start, then by the outbox."""

    def __init__(self, url: str):
        """`BadStore` where it can not be opened, or was written by a newer version."""
        try:
            self._engine = sql.create_engine(url, **(ALONE if url.startswith("sqlite") else {}))
            if self._engine.dialect.name == "sqlite":
                sql.event.listen(self._engine, "connect", _durable)
            with self._engine.begin() as connection:
                TABLES.create_all(connection)
                found = connection.execute(sql.select(sql.func.max(SCHEMAS.c.version))).scalar()
                if found is None or found <= SCHEMA:
                    add_fees(connection, FILLS, POSITIONS)
                if found is None or found < SCHEMA:  # an older file got the tables that it lacked
                    connection.execute(SCHEMAS.insert(), {"version": SCHEMA})
        except (sql.exc.SQLAlchemyError, ImportError, OSError) as error:
            busy = "database is locked" in str(error)
            words = "another dashboard uses it: stop that one, or name another" if busy else _first_line(error)
            raise BadStore(f"--database {url}: {words}", busy) from None
        if found is not None and found > SCHEMA:
            raise BadStore(
                f"--database {url}: written by a newer version (schema {found}, this one knows {SCHEMA}): update, or name another"
            )
        self._upsert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        self._runs: dict[str, int] = {}

    def books(self, account: str, begun_with: Decimal, terms: Terms) -> Books:
        """The account's newest run as it was stored; begun now where there is none. `BadStore` when it does not add up."""
        with self._reading() as connection:
            chosen = ACCOUNTS.c.account == account
            run = connection.execute(sql.select(sql.func.max(ACCOUNTS.c.run)).where(chosen)).scalar()
            if run is None:
                self.commit([Booked(account, AccountOpened(begun_with, 0))])
                return Books(begun_with)
            self._runs[account] = run
            begun_with = connection.execute(sql.select(ACCOUNTS.c.begun_with).where(chosen, ACCOUNTS.c.run == run)).scalar_one()
            orders, fills, positions, *watched = (
                tuple(record_of(cls, row) for row in connection.execute(_of(table, account, run)).mappings())
                for cls, table in RECORDS.items()
            )
        books = Books(begun_with, orders, fills, *watched)
        made = dict(Account(terms, books).ledger.positions)
        stored = {position.symbol: position for position in positions}
        if made != stored:
            names = ", ".join(sorted(name for name in {*made, *stored} if made.get(name) != stored.get(name)))
            raise BadStore(f"the stored position of {names} in {account} is not what its fills make: nothing was changed")
        return books

    def commit(self, booked: Iterable[Booked]) -> None:
        """All of it in one transaction, on disk when this returns."""
        runs = dict(self._runs)
        with self._engine.begin() as connection:
            for one in booked:
                self._write(connection, one, runs)
        self._runs = runs

    def _write(self, connection: sql.Connection, one: Booked, runs: dict[str, int]) -> None:
        change = one.change
        if isinstance(change, AccountOpened):
            newest = sql.select(sql.func.max(ACCOUNTS.c.run)).where(ACCOUNTS.c.account == one.account)
            runs[one.account] = (connection.execute(newest).scalar() or 0) + 1
        key = {"account": one.account, "run": runs[one.account]}
        if isinstance(change, AccountOpened):
            connection.execute(ACCOUNTS.insert(), key | {"begun_with": change.begun_with, "ts_ns": change.ts_ns})
        elif not isinstance(change, Fill):
            self._put(connection, RECORDS[type(change)], key | row_of(change))
            if one.position is not None:
                self._put(connection, POSITIONS, key | row_of(one.position))
        else:
            connection.execute(FILLS.insert(), key | row_of(change))
            if one.position is not None:
                self._put(connection, POSITIONS, key | row_of(one.position))
            else:
                gone = [POSITIONS.c[name] == value for name, value in (key | {"symbol": change.symbol}).items()]
                connection.execute(POSITIONS.delete().where(*gone))

    def _put(self, connection: sql.Connection, table: sql.Table, row: dict[str, object]) -> None:
        """Inserts, or replaces the row of the same key."""
        keys = [column.name for column in table.primary_key]
        rest = {name: value for name, value in row.items() if name not in keys}
        connection.execute(self._upsert(table).values(row).on_conflict_do_update(index_elements=keys, set_=rest))

    def close(self) -> None:
        self._engine.dispose()
        log.debug("stopped: database")

    @contextmanager
    def _reading(self) -> Iterator[sql.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except sql.exc.SQLAlchemyError as error:
            raise BadStore(f"the database can not be read: {_first_line(error)}") from None


def _durable(connection: Any, record: ConnectionPoolEntry) -> None:
    """SQLite: what is committed is on disk, and no other dashboard writes the same books."""
    for pragma in (f"busy_timeout={BUSY_MS}", "locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _of(table: sql.Table, account: str, run: int) -> sql.Select[Any]:
    key = [column for column in table.primary_key if column.name not in ("account", "run")]
    return sql.select(table).where(table.c.account == account, table.c.run == run).order_by(*key)


def _first_line(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0]
