"""What notebook 6 shows and asks: step 6 of 6, the overlay."""
