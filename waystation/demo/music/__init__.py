"""The demo's songs: a melody after the prompt, its lyrics and its cover, all made here.

mood       what the words ask for: metre, speed, key, drums
tune       melody, chords and bass as notes
synth      notes into samples
verses     lyrics and titles
order      a song to be made, as its id says it
song       the files of one
film       sound and cover as a video
pages      the task pages of Suno's protocol
"""
