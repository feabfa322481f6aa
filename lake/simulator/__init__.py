"""The synthetic province: seeded ledgers of what happened, and servers and files that tell it in real wire formats.
Every figure here is generated, none is measured; nothing that reads, stores or judges data belongs here.
"""
