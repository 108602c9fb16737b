"""What the lab `first_filters` shows and asks: Zeiler & Fergus's choice of first filters."""
