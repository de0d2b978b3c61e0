"""Texts in quotes that are to stand in the picture, told from what somebody says and from names."""

from __future__ import annotations

import re

MOST_LETTERS = 80
"""Longer quotations are prose, not lettering."""
MOST_TEXTS = 4

_INSIDE = rf"[^\n\"“”„«»「」『』《》]{{1,{MOST_LETTERS}}}"
_QUOTED = re.compile(
    rf"“({_INSIDE})”|„({_INSIDE})[“”]|\"({_INSIDE})\"|«({_INSIDE})»|「({_INSIDE})」|『({_INSIDE})』|《({_INSIDE})》"
    rf"|(?<![\w'])'([^\n']{{2,{MOST_LETTERS}}})'(?!\w)"
)
_BEFORE = 48
"""Characters before a quotation that tell what it is."""
_SIGNS = re.compile(
    r"sign|signboard|billboard|banner|poster|title|titled|caption|subtitle|text|words?|letters|lettering|reads?|"
    r"reading|written|writing|label|logo|neon|headline|slogan|inscription|inscribed|placard|cover|screen|"
    r"letrero|cartel|título|titulo|texto|palabras|rótulo|panneau|enseigne|titre|texte|mots|affiche|pancarte|"
    r"schild|titel|text|wörter|aufschrift|schriftzug|plakat|placa|cartaz|letreiro|palavras|вывеска|вывеской|"
    r"надпись|надписью|текст|текстом|заголовок|табличка|плакат|لافتة|عنوان|نص|كلمة|مكتوب|लिखा|शीर्षक|बोर्ड|"
    r"papan|tulisan|judul|bertuliskan|teks|写着|写有|标题|片名|招牌|字样|牌子|横幅|文字|字幕|海报|题为|印着|刻着|"
    r"看板|文字|タイトル|書かれ|書い|ロゴ|題名|간판|제목|글자|문구|텍스트|쓰여|적힌",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"says?|said|saying|whispers?|whispering|shouts?|shouting|yells?|asks?|replies|answers|cries|exclaims|sings?|"
    r"dice|diciendo|grita|dit|disant|crie|sagt|ruft|flüstert|diz|dizendo|говорит|кричит|шепчет|يقول|تقول|कहता|"
    r"कहती|berkata|说|说道|喊|喊道|问|回答|言う|言った|叫ぶ|말한다|말하|외친",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"(?:style of|like|called|named|inspired by|film|movie|painting|song|estilo de|style de|stil von|в стиле|"
    r"风格|名叫|叫做|叫|名为|电影|歌曲|映画|風)\W*$",
    re.IGNORECASE,
)


def read_lettering(prompt: str) -> tuple[str, ...]:
    """The texts to be set, as they stand, in order, each once; at most MOST_TEXTS. Linear in the prompt."""
    texts = (_inside(match) for match in _QUOTED.finditer(prompt) if _is_lettering(prompt, match))
    return tuple(dict.fromkeys(text for text in texts if text))[:MOST_TEXTS]


def without_lettering(prompt: str) -> str:
    """The prompt with each such text blanked out at its own length: what a sign says is not in the scene."""
    return _QUOTED.sub(
        lambda match: " " * len(match.group()) if _is_lettering(prompt, match) else match.group(), prompt
    )


def _inside(match: re.Match[str]) -> str:
    return " ".join(next(group for group in match.groups() if group is not None).split())


def _is_lettering(prompt: str, match: re.Match[str]) -> bool:
    before = prompt[max(0, match.start() - _BEFORE) : match.start()]
    clause = re.split(r"[.!?。!?;;\n]", before)[-1]
    if not any(letter.isalnum() for letter in match.group()) or _NAMES.search(clause):
        return False
    if _mentions(_SIGNS, clause):
        return True
    return not match.group().startswith(("《", "'")) and not _mentions(_SAYS, clause)


def _mentions(words: re.Pattern[str], clause: str) -> bool:
    """Whether a clause holds one of some words whole; scripts without spaces have no word edges."""
    for found in words.finditer(clause):
        edges = clause[max(0, found.start() - 1) : found.start()] + clause[found.end() : found.end() + 1]
        if not found.group().isascii() or not any(edge.isalnum() for edge in edges):
            return True
    return False
