"""What the lab `a_network_that_cheats` shows and asks: find out what a network answers to."""
