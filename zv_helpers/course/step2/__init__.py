"""What notebook 2 shows and asks: step 2 of 6, the input image."""
