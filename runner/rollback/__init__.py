"""The way back: environment and data together, of the verified backup and the prior locks."""
