"""The dash API, at …/api/: forms in, JSON out.

endpoints.py is the table of contents; params.py reads the wire's words, views.py says in a few lines what each endpoint
does with the verbs, payloads.py writes what the wire answers, errors.py turns every error into an answer, and wire.py
lets callers in. Facts about the real service stand in the rows, as their source.
"""
