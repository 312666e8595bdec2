"""The engine: plans a stage, carries it out, and leaves the evidence."""
