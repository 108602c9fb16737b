"""What the lab `name_a_map` shows and asks: what a feature map answers to (their figure 2)."""
