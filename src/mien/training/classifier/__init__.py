"""DNT's classifier of expression type and level (3.2), and its experiment: where are expressions?"""
