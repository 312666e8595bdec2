"""The budgets of the design, measured side by side with the field's tools; ``make bench``."""
