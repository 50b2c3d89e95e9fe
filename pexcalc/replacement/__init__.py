"""The replacement fluid: which, how much of each product, in which containers, and when."""
