"""The system `instant`: any face, at once, on a CPU, without training; `docs/instant.md` tells how."""
