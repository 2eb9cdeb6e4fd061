"""A Scrapy project that keeps the first article of each story."""
