"""Networks that several rooms use: one architecture a file, its source named on top, weights from :mod:`.weights`."""
