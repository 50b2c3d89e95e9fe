"""The data tables and their readers. Values are plain numbers; each table states its units."""
