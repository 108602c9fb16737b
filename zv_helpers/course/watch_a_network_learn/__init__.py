"""What the lab `watch_a_network_learn` shows and asks: Zeiler & Fergus's feature evolution."""
