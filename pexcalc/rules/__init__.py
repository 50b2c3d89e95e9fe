"""Every decision as a table: fluids, cautions, estimators, medicines, the grade of CRS."""
