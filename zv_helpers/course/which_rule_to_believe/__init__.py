"""What the lab `which_rule_to_believe` shows and asks: pictures and scores of the three rules."""
