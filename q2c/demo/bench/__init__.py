"""How fast q2c is, as ratios against what the machine under it can do in the same run."""
