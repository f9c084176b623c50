"""What happened in projects: /activity."""
