"""OpenAI: embeddings, vector stores, and answers through the Responses API.

`openai` is imported when the first call is made, not by importing these modules' package:
it costs two thirds of a second. What cannot be asked is a `CallFailedError` with a sentence
for people.
"""
