"""Comments on the items of jobs, at …/api/comments/."""
