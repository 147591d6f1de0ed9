"""Pure text functions over Arrow arrays: mask, normalise, compare, judge by shape, sketch. No Spark.

arrow      the door: any Arrow text to one flat string array
pii        personal data out (a package; fold: the folded view on which it is found)
normalise  repair and tidy (markup: HTML to text; mojibake: mis-read UTF-8)
view       the form in which two texts are compared
shape      blank, truncated, dead end, length
ngrams     character n-grams as hashes
minhash    datasketch-compatible signatures
bands      which signatures to compare
jaccard    exact similarity of pairs
"""

from washplant.text.bands import band_keys, candidate_probability, choose_bands, mean_recall
from washplant.text.jaccard import jaccard
from washplant.text.minhash import Permutations, base_hashes, permutations, signatures
from washplant.text.ngrams import Ngrams, char_ngram_hashes, length_class, ngram_size
from washplant.text.normalise import normalise
from washplant.text.pii import PLACEHOLDERS, Masked, mask
from washplant.text.shape import is_blank, is_dead_end, is_truncated, length
from washplant.text.view import matching_view

__all__ = [
    "PLACEHOLDERS",
    "Masked",
    "Ngrams",
    "Permutations",
    "band_keys",
    "base_hashes",
    "candidate_probability",
    "char_ngram_hashes",
    "choose_bands",
    "is_blank",
    "is_dead_end",
    "is_truncated",
    "jaccard",
    "length",
    "length_class",
    "mask",
    "matching_view",
    "mean_recall",
    "ngram_size",
    "normalise",
    "permutations",
    "signatures",
]
