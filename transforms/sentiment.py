"""Sentiment of a news item towards what it tells of: positive, negative or neutral."""

from __future__ import annotations

from transforms.label_model import Task

POSITIVE, NEGATIVE, NEUTRAL = SENTIMENTS = ("positive", "negative", "neutral")

# Balanced: three items of four are neutral, and the negative ones are those that somebody has to read.
SENTIMENT = Task("sentiment", is_balanced=True, min_probability=0.6)
