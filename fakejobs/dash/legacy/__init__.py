"""What the older client reads and writes on dash besides jobs: items, logs, reports."""
