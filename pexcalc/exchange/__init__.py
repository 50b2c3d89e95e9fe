"""The exchange itself: blood and plasma volume, dose, circuit, citrate."""
