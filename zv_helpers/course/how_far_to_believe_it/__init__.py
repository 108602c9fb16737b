"""What the lab `how_far_to_believe_it` shows and asks: a heatmap put to the test."""
