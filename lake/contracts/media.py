"""What the press writes: articles after schema.org NewsArticle, and the addresses publishers list."""

import pyarrow as pa

from lake.contracts.base import NOT_PERSONAL, PUBLISHED, TIMESTAMP, Column, Contract

TONES = ("positive", "negative", "neutral")

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

TEXTS = Contract(
    slug="media",
    table="media__texts",
    description="One row per version of an article's text, as extracted from its page.",
    columns=(
        Column("url", pa.string(), "address of the page as the feed or sitemap gives it", required=True),
        Column("title", pa.string(), "title of the page"),
        Column("text", pa.string(), "main text without menus and comments, NFC, a line a paragraph, redacted"),
        Column("n_characters", pa.int64(), "length of the text", required=True),
        Column("is_short", pa.bool_(), "under 200 characters: most likely not the article", required=True),
        Column("fetched_at", TIMESTAMP, "when the page was fetched", required=True),
    ),
    key=("url",),
    event_at="fetched_at",
    versioned=True,
    purpose="Read what the press writes about the province beyond its summaries",
    legal_basis=PUBLISHED,
    holds_personal_data=True,  # pages carry what readers comment
    formats=("article",),
    dropped=("author", "comments"),
    personal=("title", "text"),
    volatile=("fetched_at",),
)

OUTLETS = Contract(
    slug="media",
    table="media__outlets",
    description="One row per version of a publisher in the register of those who are followed.",
    columns=(
        Column("outlet_id", pa.string(), "identifier in the register; in OPML the feed's address", required=True),
        Column("name", pa.string(), "name of the newspaper, portal or page", required=True),
        Column("kind", pa.string(), "news, portal, broadcaster, facebook_page …, as the register writes it"),
        Column("url", pa.string(), "home page"),
        Column("feed_url", pa.string(), "feed_id of its articles, or page_id of its posts"),
        Column("owner", pa.string(), "organisation that publishes it"),
        Column("licence", pa.string(), "number of its press licence, or terms of use"),
        Column("expected_gap_h", pa.float64(), "hours between two items after the register; null: as observed"),
        Column("listed_at", TIMESTAMP, "harvest that found it so", required=True),
    ),
    key=("outlet_id",),
    event_at="listed_at",
    versioned=True,
    purpose="Know who is followed, and who has fallen silent",
    legal_basis=PUBLISHED,
    holds_personal_data=False,
    formats=("outlets",),
    volatile=("listed_at",),
)

POSTS = Contract(
    slug="media",
    table="media__posts",
    description="One row per version of a post a followed page wrote itself; its counts change.",
    columns=(
        Column("post_id", pa.string(), "page id, underscore, number of the post", required=True),
        Column("page_id", pa.string(), "page that wrote it", required=True),
        Column("page_name", pa.string(), "name of the page; null where the export does not say"),
        Column("message", pa.string(), "text of the post, NFC, personal data redacted"),
        Column("description", pa.string(), "text of the link it shares, redacted"),
        Column("link", pa.string(), "address it shares, http or https only"),
        Column("permalink", pa.string(), "address of the post"),
        Column("created_at", TIMESTAMP, "published", required=True),
        Column("n_like", pa.int64(), "reactions of the kind"),
        Column("n_love", pa.int64(), "reactions of the kind"),
        Column("n_haha", pa.int64(), "reactions of the kind"),
        Column("n_wow", pa.int64(), "reactions of the kind"),
        Column("n_sad", pa.int64(), "reactions of the kind"),
        Column("n_angry", pa.int64(), "reactions of the kind"),
        Column("n_reactions", pa.int64(), "all reactions"),
        Column("n_comments", pa.int64(), "comments, only their number"),
        Column("n_shares", pa.int64(), "times it was shared"),
    ),
    key=("post_id",),
    event_at="created_at",
    versioned=True,
    purpose="Follow what organisations' public pages write about the province",
    legal_basis=PUBLISHED,
    holds_personal_data=True,  # exports carry who commented and reacted
    formats=("posts",),
    dropped=("from", "comments", "reactions", "likes", "to", "message_tags", "story_tags", "with_tags", "place"),
    personal=("message", "description"),
)

LABELS = Contract(
    slug="media",
    table="media__labels",
    description="One row per prediction: what a model said of one version of an article.",
    columns=(
        Column("feed_id", pa.string(), "feed of the article", required=True),
        Column("article_id", pa.string(), "article", required=True),
        Column("article_hash", pa.string(), "record_hash of the version that was read", required=True),
        Column("task", pa.string(), "sentiment or topic", required=True),
        Column("model_version", pa.string(), "model; `synthetic-` if trained on made-up news", required=True),
        Column("label", pa.string(), "likeliest label, also where the model abstains", required=True),
        Column("probability", pa.float64(), "calibrated probability of the model's own guess, 0..1", required=True),
        Column("is_abstained", pa.bool_(), "below the threshold: a person should label it", required=True),
        Column("method", pa.string(), "model, or keywords where it abstained and they were clear", required=True),
        Column("is_audited", pa.bool_(), "accuracy was measured on blind labels of a random sample", required=True),
        Column("published_at", TIMESTAMP, "publication time of that version", required=True),
    ),
    key=("feed_id", "article_id", "article_hash", "task", "model_version"),
    event_at="published_at",
    versioned=False,
    purpose="Know the tone and the topics of what the press writes about the province",
    legal_basis=PUBLISHED,
    holds_personal_data=False,
    is_derived=True,
)

STORIES = Contract(
    slug="media",
    table="media__stories",
    description="One row per article: the story it repeats and the event it tells of.",
    columns=(
        Column("feed_id", pa.string(), "feed of the article", required=True),
        Column("article_id", pa.string(), "article", required=True),
        Column("story_key", pa.string(), "first seen article of the text: feed_id, space, article_id", required=True),
        Column("event_key", pa.string(), "first seen article of the same event", required=True),
        Column("nearest_key", pa.string(), "closest earlier seen article; null if none is near"),
        Column("similarity", pa.float64(), "Jaccard index with it, .3..1"),
        Column("published_at", TIMESTAMP, "publication time of the article", required=True),
    ),
    key=("feed_id", "article_id"),
    event_at="published_at",
    versioned=False,
    purpose="Count a story once, however many outlets carry it",
    legal_basis=PUBLISHED,
    holds_personal_data=False,
    is_derived=True,
)

HUMAN_LABELS = Contract(
    slug="media",
    table="media__human_labels",
    description="One row per label a person gave an article, and change of it.",
    columns=(
        Column("feed_id", pa.string(), "feed of the article", required=True),
        Column("article_id", pa.string(), "article", required=True),
        Column("labeller_code", pa.string(), "code of who labelled, given by the centre; no name", required=True),
        Column("label", pa.string(), ", ".join(TONES), required=True),
        Column("is_blind", pa.bool_(), "given without sight of the model's label", required=True),
        Column("labelled_at", TIMESTAMP, "when it was given", required=True),
        Column("reported_at", TIMESTAMP, "instant up to which the report holds", required=True),
    ),
    key=("feed_id", "article_id", "labeller_code"),
    event_at="labelled_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Measure how often the model is right",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
    formats=("form",),
)

RESPONSES = Contract(
    slug="media",
    table="media__responses",
    description="One row per negative article passed on to a unit, and report that tells of it.",
    columns=(
        Column("url", pa.string(), "address of the article or post", required=True),
        Column("unit", pa.string(), "unit that has to answer", required=True),
        Column("flagged_at", TIMESTAMP, "when the centre passed it on", required=True),
        Column("responded_at", TIMESTAMP, "when the unit answered; null while it has not"),
        Column("reported_at", TIMESTAMP, "instant up to which the report holds", required=True),
    ),
    key=("url", "unit"),
    event_at="reported_at",
    versioned=True,
    changed_at="reported_at",
    purpose="Follow whether bad news is answered in time",
    legal_basis=NOT_PERSONAL,
    holds_personal_data=False,
    formats=("form",),
)
