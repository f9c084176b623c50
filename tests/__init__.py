"""The tests; a package, so that no other `tests` package of an environment is found in its place."""
