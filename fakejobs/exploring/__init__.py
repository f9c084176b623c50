"""Exploring: a test runs again for every call that it makes and every way in which that may fail, one fault a run.

- What is tried is known from the plain run alone, so it is the same every time: by the order of its calls, then by the ways.
- Each run is a run of pytest's own: fixtures of the test's scope are made anew, and the hooks of other plugins are called.
- One test has one result: the reports of its plain run, of which that of the call tells what the others have found.

Loaded only by a run in which a test explores, or replays what exploring has found.
"""
