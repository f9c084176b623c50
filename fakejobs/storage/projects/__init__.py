"""What is said of projects: numbers of spiders, counts of jobs, settings, bot groups."""
