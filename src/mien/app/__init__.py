"""The application: edits and their files, jobs, the command line."""
