"""gpt-4-all and its kin, and GPTs: chat with files inside plain text, and links in the answer.

Pure: names, addresses in texts, links in answers at any split, failures told as answers.
"""
