"""A drawing out of words, and words out of such a drawing.

words.py     what the words mean: colours, things, grounds, skies
prompt.py    a prompt read into a plan
shapes*.py   the things, as data in a unit square
thing.py     one thing drawn: its ink outline closed, its fill after a colour
backdrop.py  sky, ground, weather, and the shapes of words that nobody taught it
draw.py      the whole picture
reading.py   things, colours, ground and sky measured in the pixels again
"""
