"""The vocabulary, English and Chinese. A word is looked up in the singular."""

from typing import NamedTuple

Rgb = tuple[int, int, int]

COLOURS: dict[str, Rgb] = {
    "red": (214, 40, 48),
    "orange": (242, 132, 34),
    "yellow": (248, 212, 52),
    "green": (58, 160, 74),
    "teal": (32, 170, 170),
    "blue": (44, 98, 220),
    "purple": (134, 62, 184),
    "pink": (246, 132, 178),
    "brown": (136, 86, 50),
    "white": (246, 246, 242),
    "grey": (142, 146, 152),
    "black": (66, 64, 74),
}

COLOUR_WORDS: dict[str, tuple[str, ...]] = {
    "red": ("crimson", "scarlet", "ruby", "红", "红色", "赤"),
    "orange": ("amber", "tangerine", "橙", "橙色", "橘色", "橘"),
    "yellow": ("gold", "golden", "lemon", "黄", "黄色", "金", "金色", "金黄"),
    "green": ("emerald", "olive", "lime", "绿", "绿色", "翠"),
    "teal": ("turquoise", "cyan", "aqua", "青", "青色"),
    "blue": ("azure", "navy", "cobalt", "indigo", "蓝", "蓝色"),
    "purple": ("violet", "lilac", "lavender", "紫", "紫色"),
    "pink": ("magenta", "粉", "粉色", "粉红"),
    "brown": ("tan", "bronze", "wooden", "棕", "棕色", "褐", "褐色"),
    "white": ("ivory", "snowy", "白", "白色"),
    "grey": ("gray", "silver", "tin", "灰", "灰色", "银", "银色"),
    "black": ("dark", "ebony", "黑", "黑色"),
}

THING_WORDS: dict[str, tuple[str, ...]] = {
    "sun": ("太阳", "日出东方", "阳光"),
    "moon": ("crescent", "月亮", "明月", "月"),
    "star": ("星星", "星", "星辰"),
    "cloud": ("云", "白云", "云朵"),
    "bird": ("seagull", "gull", "crane", "swallow", "鸟", "小鸟", "海鸥", "仙鹤"),
    "balloon": ("气球", "热气球"),
    "rocket": ("spaceship", "火箭", "飞船"),
    "kite": ("风筝",),
    "mountain": ("hill", "peak", "山", "高山", "雪山", "群山"),
    "castle": ("fortress", "palace", "城堡", "宫殿"),
    "lighthouse": ("灯塔",),
    "tower": ("skyscraper", "pagoda", "塔", "高楼"),
    "tree": ("oak", "树", "大树", "树木"),
    "pine": ("fir", "spruce", "松树", "松"),
    "house": ("cottage", "cabin", "hut", "home", "房子", "屋", "小屋", "房屋", "木屋"),
    "boat": ("ship", "sailboat", "yacht", "船", "小船", "帆船", "渔船"),
    "umbrella": ("parasol", "伞", "雨伞"),
    "fox": ("狐狸", "小狐狸"),
    "cat": ("kitten", "猫", "小猫", "猫咪"),
    "dog": ("puppy", "狗", "小狗"),
    "fish": ("鱼", "金鱼"),
    "rabbit": ("bunny", "hare", "兔", "兔子"),
    "flower": ("rose", "tulip", "daisy", "sunflower", "blossom", "花", "花朵", "鲜花"),
    "car": ("taxi", "automobile", "车", "汽车", "小汽车"),
    "robot": ("android", "机器人"),
    "person": (
        "man", "woman", "girl", "boy", "child", "people", "portrait", "astronaut",
        "人", "男人", "女人", "女孩", "男孩", "孩子", "少女", "宇航员",
    ),
    "mushroom": ("蘑菇",),
    "apple": ("苹果",),
    "teapot": ("kettle", "茶壶", "水壶"),
    "lantern": ("lamp", "灯笼", "灯"),
    "heart": ("love", "心", "爱心", "爱"),
    "book": ("书", "书本"),
}  # fmt: skip

GROUND_WORDS: dict[str, tuple[str, ...]] = {
    "sea": ("ocean", "lake", "river", "water", "pond", "harbour", "harbor", "wave", "bay",
            "海", "大海", "海洋", "湖", "河", "江", "水", "海浪", "池塘"),
    "beach": ("sand", "desert", "dune", "island", "沙滩", "沙漠", "海滩"),
    "meadow": ("grass", "field", "lawn", "garden", "park", "草", "草地", "田野", "花园", "草原"),
    "forest": ("wood", "jungle", "fern", "森林", "树林"),
    "snow": ("ice", "winter", "frozen", "arctic", "雪", "雪地", "冬天", "冰"),
    "street": ("road", "city", "town", "village", "街", "街道", "路", "城市", "城镇", "村庄"),
}  # fmt: skip

SKY_WORDS: dict[str, tuple[str, ...]] = {
    "day": ("noon", "sunny", "summer", "spring", "白天", "晴", "晴天", "夏天", "春天"),
    "sunset": ("dusk", "evening", "autumn", "日落", "夕阳", "黄昏", "傍晚", "秋天"),
    "dawn": ("sunrise", "morning", "日出", "黎明", "清晨", "早晨", "拂晓"),
    "night": ("midnight", "nocturnal", "夜", "夜晚", "夜空", "深夜", "星空"),
    "storm": ("rain", "rainy", "thunder", "fog", "mist", "雨", "下雨", "暴风雨", "雾", "风暴"),
    "space": ("galaxy", "cosmos", "nebula", "neon", "cyberpunk",
              "太空", "宇宙", "银河", "霓虹", "赛博朋克"),
}  # fmt: skip

COUNT_WORDS: dict[str, int] = {
    "a": 1, "an": 1, "one": 1, "single": 1, "一": 1,
    "two": 2, "pair": 2, "2": 2, "二": 2, "两": 2, "双": 2,
    "three": 3, "3": 3, "三": 3,
    "four": 4, "4": 4, "四": 4,
    "five": 5, "several": 5, "many": 5, "5": 5, "五": 5, "几": 5, "许多": 5,
}  # fmt: skip

SKY_NOUNS = ("sky", "background", "天空", "天", "背景")
_FILLERS_ENGLISH = """
the of in on at by with under over above below near and or to for from into is are its it this that
there very really quite some i we you me my please draw paint make create generate picture image
photo painting illustration drawing style art as be his her their while which through beside next
between behind front
"""
FILLERS = frozenset(_FILLERS_ENGLISH.split()) | frozenset("的了在上下里中和与幅画张请是有我你着地")

COUNTERS = frozenset("只个艘把棵座朵辆位条盏颗本匹间栋头")


class Meaning(NamedTuple):
    """kind: colour, thing, ground, sky, count, sky_noun or filler."""

    kind: str
    value: str


def _entries() -> list[tuple[str, Meaning]]:
    tables = (
        ("sky", SKY_WORDS),
        ("ground", GROUND_WORDS),
        ("colour", COLOUR_WORDS),
        ("thing", THING_WORDS),
    )
    found = [(one, Meaning("filler", one)) for one in FILLERS | COUNTERS]
    found += [(one, Meaning("sky_noun", one)) for one in SKY_NOUNS]
    found += [(one, Meaning("count", str(count))) for one, count in COUNT_WORDS.items()]
    for kind, table in tables:
        for name, words in table.items():
            found += [(one, Meaning(kind, name)) for one in (name, *words)]
    return found


MEANINGS: dict[str, Meaning] = dict(_entries())
CHINESE_LENGTH_MAX = max(len(one) for one in MEANINGS if not one.isascii())
