"""Units, checked arguments, formulas, and records with quantities in them."""
