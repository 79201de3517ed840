"""Evaluation: one edited clip measured against its source, as data; pages and tables are made from it in ``app``."""
