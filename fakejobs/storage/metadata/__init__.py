"""A job's metadata, whole and field by field: /jobs."""
