"""Evidence: the dossier sealed into one archive, and the proof that nothing of it was changed."""
