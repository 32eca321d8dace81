"""What could not be used: read from the log (`reading`), shown without what is personal (`masking`), sent again
(`resending`). Writes nothing but what is sent again, and keeps nothing in memory but a page.
"""
