"""Two renders of one source against each other: pictures, differences, and every metric with the better one marked."""
