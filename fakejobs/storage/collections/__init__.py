"""Shelves of values by key: /collections."""
