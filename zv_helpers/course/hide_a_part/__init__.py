"""What the lab `hide_a_part` shows and asks: Zeiler & Fergus's occlusion experiment."""
