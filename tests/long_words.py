"""Words, and lines of words, for which it is hard to find the end of a line: most have signs that few fonts have."""

NOWHERE = "\U0010fffe"  # no sign will ever have this number

LONG_WORDS = {
    "Chinese": "神经网络" * 30,
    "Chinese with commas": "漢字，" * 40,
    "Chinese in brackets": "「「「「字」」」」，。" * 8,
    "Chinese in quotation marks": "“字”，" * 30,
    "Chinese with Latin": "用tanh函数，" * 20,
    "Chinese with numbers": "字1.25，" * 20,
    "Chinese words": "神经网络，学习 " * 15,
    "Japanese": "ニューラル・ネットワーク、" * 8,
    "Korean": "안녕하세요 " * 20,
    "Thai": "สวัสดีครับ" * 10,
    "Hindi": "हिन्दी " * 20,
    "emoji": "😀" * 60,
    "Arabic": "م" * 120,
    "Arabic, 39 letters a word": ("س" * 39 + " ") * 4,
    "Arabic words": "مرحبا بالعالم، " * 15,
    "Hebrew, 20 letters a word": ("ש" * 20 + " ") * 6,
    "Russian": "Щ" * 100,
    "Russian, 39 letters a word": ("Щ" * 39 + " ") * 4,
    "Russian words": "Нейронныесетишумят " * 12,
    "broad letters, 39 a word": ("m" * 39 + " ") * 4,
    "broader letters, 25 a word": ("W" * 25 + " ") * 4,
    "signs of no font": NOWHERE * 60,
    "words of signs of no font": (NOWHERE * 3 + " ") * 20,
}
