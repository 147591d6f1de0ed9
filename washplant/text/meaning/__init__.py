"""What must be equal before two similar texts may count as one: numbers, dates, negations, and words with an opposite."""

from washplant.text.meaning.guard import PARTS, Guard, Part

__all__ = ["PARTS", "Guard", "Part"]
