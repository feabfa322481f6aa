"""What the press writes: articles after schema.org NewsArticle, and the addresses publishers list."""

import pyarrow as pa

from lake.contracts.base import PUBLISHED, TIMESTAMP, Column, Contract

ARTICLES = Contract(
    slug="media",
    table="media__articles",
    description="One row per version of an article seen in a feed.",
    columns=(
        Column("article_id", pa.string(), "guid / atom:id, else the link", required=True),
        Column("feed_id", pa.string(), "publisher's feed in the source's list (its URL)", required=True),
        Column("feed_title", pa.string(), "publisher's name as the feed writes it"),
        Column("url", pa.string(), "link to the article, http or https only"),
        Column("headline", pa.string(), "title, NFC, white space folded", required=True),
        Column("summary", pa.string(), "summary without markup, NFC, personal data redacted"),
        Column("section", pa.string(), "first category of the item"),
        Column("language", pa.string(), "language of the feed"),
        Column("published_at", TIMESTAMP, "publication time; the harvest time where missing", required=True),
        Column("modified_at", TIMESTAMP, "last modification time given by the feed"),
        Column("is_published_at_missing", pa.bool_(), "the feed gave no readable time", required=True),
    ),
    key=("article_id", "feed_id"),
    event_at="published_at",
    versioned=True,
    purpose="Follow what the press writes about the province",
    legal_basis=PUBLISHED,
    holds_personal_data=False,  # nothing that the press has not published itself
    dropped=("author",),
    personal=("summary",),
    volatile=("published_at",),  # where missing it is the harvest time, new at every harvest
)

ADDRESSES = Contract(
    slug="media",
    table="media__addresses",
    description="One row per address a sitemap lists without saying what stands there, and per change of it.",
    columns=(
        Column("url", pa.string(), "address, http or https", required=True),
        Column("feed_id", pa.string(), "sitemap as declared, an index for the sitemaps it names", required=True),
        Column("modified_at", TIMESTAMP, "last modification after the sitemap (lastmod)"),
        Column("listed_at", TIMESTAMP, "harvest that found it listed so", required=True),
    ),
    key=("url", "feed_id"),
    event_at="listed_at",
    versioned=True,
    purpose="Know which pages of a publisher there are to be read",
    legal_basis=PUBLISHED,
    holds_personal_data=False,
    volatile=("listed_at",),
)
