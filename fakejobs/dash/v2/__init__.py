"""The newer endpoints of dash, at …/api/v2/: JSON in, compact JSON out, refusals in the shapes of Django REST framework."""
