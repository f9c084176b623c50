"""The speed table: `python -m tests.bench`, from the root of a checkout.

Prints what was measured beside its limit, and always ends with exit code 0: a table is read, not obeyed. Candidates run in
turns and the fastest of several runs counts, so that other work on the machine disturbs as little as it can; a quiet
machine is better still. The client is a raw socket with prebuilt requests, in the process of the server. Takes about
three minutes. Names of tables as arguments print only those: schedule, listings, stream, storage_records, pace, lifetime, mistakes,
explore, faults.
"""

from __future__ import annotations

import sys

from tests.bench import explore, faults, lifetime, listings, mistakes, pace, schedule, storage_records, stream
from tests.bench.row import HEAD

TABLES = {
    "schedule": schedule.rows,
    "listings": listings.rows,
    "stream": stream.rows,
    "storage_records": storage_records.rows,
    "pace": pace.rows,
    "lifetime": lifetime.rows,
    "mistakes": mistakes.rows,
    "explore": explore.rows,
    "faults": faults.rows,
}


def main(names: list[str]) -> None:
    """Print the tables of these names; none given: all."""
    print(HEAD)
    for name in names or TABLES:
        _print_table(name)


def _print_table(name: str) -> None:
    try:
        for row in TABLES[name]():
            print(row, flush=True)
    except Exception as error:  # noqa: BLE001  # a table that cannot be measured must not keep back the others
        print(f"{name} cannot be measured: {error!r}")


if __name__ == "__main__":
    main(sys.argv[1:])
