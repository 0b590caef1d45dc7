"""Frozen records as rows of SQL and back: a column for each field, a Decimal as its text. Knows no table."""

import typing
from dataclasses import fields
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any

import sqlalchemy as sql

from app.core.model import Bracket, PlaceOrder
from app.core.ruling import RiskLimits

WITHIN = (PlaceOrder, Bracket, RiskLimits)


class Exact(sql.types.TypeDecorator[Decimal]):
    """A Decimal as its text: no digit is lost, none is made."""

    impl = sql.Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sql.Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: sql.Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


SQL_TYPE: dict[object, Any] = {Decimal: Exact, int: sql.BigInteger, str: sql.Text, bool: sql.Boolean}


def columns_of(cls: type, prefix: str = "") -> list[sql.Column[Any]]:
    """A column for each field of a frozen record, and for those of the records in it."""
    found: list[sql.Column[Any]] = []
    for field in fields(cls):
        kinds = typing.get_args(field.type) if isinstance(field.type, UnionType) else (field.type,)
        (kind,) = (one for one in kinds if one is not NoneType)
        name = f"{prefix}{field.name}"
        if kind in WITHIN:
            found += columns_of(kind, f"{name}_")
        else:
            found.append(sql.Column(name, SQL_TYPE[kind], nullable=NoneType in kinds or bool(prefix)))
    return found


def row_of(record: Any, prefix: str = "") -> dict[str, object]:
    row: dict[str, object] = {}
    for field in fields(record):
        value, name = getattr(record, field.name), f"{prefix}{field.name}"
        if isinstance(value, WITHIN):
            row |= row_of(value, f"{name}_")
        elif field.type == Bracket | None:
            row |= {f"{name}_{one.name}": None for one in fields(Bracket)}
        else:
            row[name] = value
    return row


def record_of(cls: Any, row: Any, prefix: str = "") -> Any:
    given: dict[str, object] = {}
    for field in fields(cls):
        name = f"{prefix}{field.name}"
        if field.type in (PlaceOrder, RiskLimits):
            given[field.name] = record_of(field.type, row, f"{name}_")
        elif field.type == Bracket | None:
            absent = row[f"{name}_break_even_ticks"] is None
            given[field.name] = None if absent else record_of(Bracket, row, f"{name}_")
        else:
            given[field.name] = row[name]
    return cls(**given)
