"""What notebook 5 shows and asks: step 5 of 6, the heatmap."""
