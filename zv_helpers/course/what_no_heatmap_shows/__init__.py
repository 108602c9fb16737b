"""What the lab `what_no_heatmap_shows` asks: convict a network that looks at the right place."""
