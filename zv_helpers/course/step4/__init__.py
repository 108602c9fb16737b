"""What notebook 4 shows and asks: step 4 of 6, the relevance scores."""
