"""Dash and FastAPI live only here."""
