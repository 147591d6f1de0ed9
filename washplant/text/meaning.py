"""What must be equal before two similar texts may count as one: numbers and negations.

能办理 and 不能办理 share nearly all their n-grams and say the opposite; so do two bills of different amounts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from washplant.text.arrow import Texts, as_strings

_NOT_A_DIGIT = r"[^0-9]+"
_NEGATION = r"不|没|無|无|未|非|别|別|勿|莫|not|never|cant|wont|dont|isnt|doesnt|didnt|without"


def same_numbers_and_negations(left: Texts, right: Texts) -> npt.NDArray[np.bool_]:
    """bool[pairs]: whether two matching views hold the same numbers in the same order and as many negations.

    Both are matching views (`washplant.text.view`), in which punctuation inside numbers is kept apart.
    """
    a, b = as_strings(left), as_strings(right)
    numbers = pc.equal(pc.replace_substring_regex(a, _NOT_A_DIGIT, " "), pc.replace_substring_regex(b, _NOT_A_DIGIT, " "))
    negations = pc.equal(pc.count_substring_regex(a, _NEGATION), pc.count_substring_regex(b, _NEGATION))
    return np.asarray(pc.fill_null(pc.and_(numbers, negations), False).to_numpy(zero_copy_only=False))
