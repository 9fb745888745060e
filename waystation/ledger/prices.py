"""Prices and charges: official price × the serving group's rate, rounded once.

A price is kept in integers so that a charge is exact: ATOMS per nano-USD. `Decimal` comes in
through `Price.build`; a charge is the sum of count × unit atoms × rate, rounded half up at the end.
"""
