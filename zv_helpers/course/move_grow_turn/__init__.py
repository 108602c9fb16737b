"""What the lab `move_grow_turn` shows and asks: Zeiler & Fergus's invariance experiment."""
