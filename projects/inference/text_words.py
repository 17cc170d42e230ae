"""What a text is made of where texts are compared: words, symbols, and single characters of unspaced scripts.

Spaces part words in most scripts. Chinese, Japanese, Thai, Lao, Khmer, Burmese and their relatives set none, so there
each character with its marks stands for itself: no dictionary is needed, and one wrong character costs one character.
Punctuation is nothing; what changes the sense is something: currencies, operators, emoji, percent and minus signs.
Categories, scripts and widths are those of the Unicode standard.
"""

from __future__ import annotations

import re
import unicodedata

# Letters of scripts that set no spaces between words, by block.
UNSPACED = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Myanmar
    ("\u1780", "\u17ff"),  # Khmer
    ("\u1950", "\u19df"),  # Tai Le, New Tai Lue
    ("\u1a20", "\u1aaf"),  # Tai Tham
    ("\u1b00", "\u1b7f"),  # Balinese
    ("\u2e80", "\u312f"),  # radicals, kana, Bopomofo
    ("\u31a0", "\u31ff"),  # more of Bopomofo and kana
    ("\u3400", "\u4dbf"),  # Han
    ("\u4e00", "\u9fff"),  # Han
    ("\ua980", "\ua9ff"),  # Javanese, more of Myanmar
    ("\uaa60", "\uaadf"),  # more of Myanmar, Tai Viet
    ("\uf900", "\ufaff"),  # Han for compatibility
    ("\U0001b000", "\U0001b16f"),  # historic kana
    ("\U00020000", "\U0003ffff"),  # Han beyond the first plane
)
# Punctuation by category that is said aloud.
_COUNTED = frozenset("%‰&@#*/\\§†‡")
# A sign before a number, unless it follows one (years, ranges) or a word (names with a number).
_SIGN = re.compile(r"(?<![\w)\]])-(?=[.,]?\d)")
# A spaced one between two operands, which are numbers or single letters; between words it is a dash.
_MINUS = re.compile(r"(?:(?<!\w)[^\W\d_]|\d|[)\]])\s+(-)(?=\s+(?:[^\W\d_](?!\w)|\d|[(\[]))")


def words_of(text: str) -> list[str]:
    """The words of a text in their order, whatever its case, punctuation, spacing, widths of letters and the way
    accents are composed."""
    plain = _plain(text)
    minus = {found.start() for found in _SIGN.finditer(plain)} | {found.start(1) for found in _MINUS.finditer(plain)}
    words: list[str] = []
    in_word = carries_marks = False
    for place, char in enumerate(plain):
        kind = unicodedata.category(char)
        if kind[0] == "M":
            if carries_marks:
                words[-1] += char
        elif kind[0] in "LN" or char == "_":
            alone = _is_unspaced(char)
            if in_word and not alone:
                words[-1] += char
            else:
                words.append(char)
            in_word, carries_marks = not alone, True
        elif kind != "Cf":  # what joins or forbids to join has no width and parts nothing
            if kind[0] == "S" or char in _COUNTED or place in minus:
                words.append("-" if char == "\u2212" else char)  # typed in either way
            in_word = carries_marks = False
    return words


def _plain(text: str) -> str:
    """Without case, composed, and every letter in its usual width."""
    narrow = "".join(
        unicodedata.normalize("NFKC", char) if unicodedata.east_asian_width(char) in "FH" else char for char in text
    )
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", narrow).casefold())


def _is_unspaced(char: str) -> bool:
    return char >= "\u0e00" and any(first <= char <= last for first, last in UNSPACED)
