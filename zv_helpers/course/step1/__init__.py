"""What notebook 1 shows and asks: step 1 of 6, the model."""
