"""Images as a container engine knows them: looked up, looked into, and recorded."""
