"""A release to come: its update has two migrations, of which the second does what DATA_DIR/update-does says."""
