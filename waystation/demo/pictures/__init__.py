"""The demo's pictures: OpenAI's image API answered by drawing, without a model.

calls.py     which calls are for pictures
order.py     what is wanted, out of a JSON body or a form
multipart.py a form's parts out of a body
make.py      the pictures of an order
usage.py     tokens, counted as gpt-image-1 counts them
faults.py    what goes wrong on demand
reply.py     the answer as one object, or as a stream of events
studio.py    a few threads for all of it
in_chat.py   a picture model asked over chat completions
"""
