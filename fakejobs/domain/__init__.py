"""What a job is: keys, life cycle, records, queries, the store, the clock.

The room knows the standard library and sortedcontainers, and nothing of JSON, HTTP or the machine's clock: time and
input come in as arguments. Only clock.py may ask the machine for the time.
"""
