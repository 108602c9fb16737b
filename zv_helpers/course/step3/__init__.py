"""What notebook 3 shows and asks: step 3 of 6, the features."""
