"""A small picture that is one, for examples that can be run."""

SAMPLE_PICTURE = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABABAMAAABYR2ztAAAAD1BMVEXw7NzwvlriYDwdTnQPMlBs634fAAAAw0lEQVR42u2V"
    "wQ3DIAxFfxwGaDeJ1AVyyOBdoDswAgNEuIe2qSK+cd2qt3BDPPHg24jhgv4QHMB3QHEA/VlRHECB7ClqFyif5JA7gLYOcQw0"
    "h2wCSu4hjoFHnQ1AWVbiGIxqZgoorYc4BqthMgGU1zzQcoU7xGjnGlcU4x5iPZgaVRQrq/ScnreF0557ADe6+zhtiokCU+CQ"
    "IzUAAIYFALBeW2AJ5ZDalbQPam6AORh1MgzvHWZuCDRM4oZXUMeX9H/gDnqBKAOuuNFLAAAAAElFTkSuQmCC"
)
