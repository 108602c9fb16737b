"""What the lab `without_max_pools` shows and asks: which pictures depend on the photograph."""
