"""The outside world, turned into events. Knows nothing of app/."""
