"""User studies: a folder of static pages that show clips blind, and tables made from the answers."""
