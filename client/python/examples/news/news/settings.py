"""Settings of the project. Only the one line of the pipeline is needed to try Basma."""

BOT_NAME = "news"
SPIDER_MODULES = ["news.spiders"]
ROBOTSTXT_OBEY = True

ITEM_PIPELINES = {"basma.scrapy.BasmaPipeline": 300}
BASMA_COLLECTION = "news"
BASMA_DUPLICATES = "drop"
