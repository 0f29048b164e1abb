"""The page: an exercise as one offline file, to practise on and to explore.

programs    the working of an exercise and all its slips, as JavaScript
asked       which numbers are asked for
grids       fields in the cells of tables
fields      what is asked, each a field, with its name, rule and line
sheets      the blocks of the sheet, and what is otherwise in those of its variants
walks       arrays, of which an entry is followed to those that it reads
written     the page itself: the sheet, the fields, the style and the script
live/       symnet itself in a browser
"""
