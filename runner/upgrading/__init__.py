"""A whole upgrade as one run: triage, rehearsal, preflight, bump, matrix, rollout, bundle."""
