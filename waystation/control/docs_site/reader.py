"""For whom a page is made."""

import msgspec

from waystation.control.docs_site.offers import Offers
from waystation.control.docs_site.specification import Specification
from waystation.control.docs_site.tree.page import Language
from waystation.control.docs_site.words import WORDS
from waystation.control.openapi.caps import filled_text


class Reader(msgspec.Struct, frozen=True):
    """language: of the page. specification: of this deployment. offers: for this person."""

    language: Language
    specification: Specification
    offers: Offers

    @property
    def base_url(self) -> str:
        return self.specification.base_url

    def word(self, name: str) -> str:
        return WORDS[self.language][name]

    def filled(self, text: str) -> str:
        """With the deployment's figures and address."""
        settings = self.specification.settings
        return filled_text(text, settings, self.base_url, self.language == "zh")
