"""What the lab `do_parts_correspond` shows and asks: Zeiler & Fergus's correspondence analysis."""
