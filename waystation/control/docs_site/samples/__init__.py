"""Programs that make a request, in fifteen languages; one module a language."""

from waystation.control.docs_site.samples.c import C
from waystation.control.docs_site.samples.csharp import CSHARP
from waystation.control.docs_site.samples.dart import DART
from waystation.control.docs_site.samples.golang import GO
from waystation.control.docs_site.samples.http import HTTP
from waystation.control.docs_site.samples.java import JAVA
from waystation.control.docs_site.samples.javascript import JAVASCRIPT
from waystation.control.docs_site.samples.objective_c import OBJECTIVE_C
from waystation.control.docs_site.samples.ocaml import OCAML
from waystation.control.docs_site.samples.php import PHP
from waystation.control.docs_site.samples.python import PYTHON
from waystation.control.docs_site.samples.r import R
from waystation.control.docs_site.samples.request import Language, Part, SampleRequest
from waystation.control.docs_site.samples.ruby import RUBY
from waystation.control.docs_site.samples.shell import SHELL
from waystation.control.docs_site.samples.swift import SWIFT

LANGUAGES: tuple[Language, ...] = (
    SHELL, JAVASCRIPT, JAVA, SWIFT, GO, PHP, PYTHON, HTTP, C, CSHARP, OBJECTIVE_C, RUBY, OCAML,
    DART, R,
)  # fmt: skip

__all__ = ["LANGUAGES", "Part", "SampleRequest"]
