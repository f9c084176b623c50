"""Requests to be crawled, in batches: /hcf."""
