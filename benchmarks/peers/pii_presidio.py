"""Presidio's own recognisers on a blank spaCy pipeline over the texts on stdin: [start, end, kind] for each, as JSON on stdout.

Its phone recogniser is told to look for Chinese numbers; no model is loaded, so it finds no names or places.
"""

import json
import logging
import sys

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

logging.disable(logging.CRITICAL)
KINDS = {"PHONE_NUMBER": "phone", "CREDIT_CARD": "bank_card", "EMAIL_ADDRESS": "email", "IP_ADDRESS": "ip"}

engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "blank"}])
engine.nlp = {"en": spacy.blank("en")}
registry = RecognizerRegistry(supported_languages=["en"])
registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
registry.remove_recognizer("PhoneRecognizer")
registry.add_recognizer(PhoneRecognizer(supported_regions=("CN",)))
analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])


def found(text: str) -> list[tuple[int, int, str]]:
    """Spans of the kinds that are personal data of ours, too."""
    results = analyzer.analyze(text, language="en", entities=list(KINDS))
    return [(one.start, one.end, KINDS[one.entity_type]) for one in results]


json.dump([found(text) for text in json.load(sys.stdin)], sys.stdout)
