"""Every decision as a table: fluids, alerts, estimators, medicines, the grade of CRS."""
