"""Periodic jobs, at …/api/projects/P/periodicjobs and below v2: JSON in and out, in the manner of v2."""
