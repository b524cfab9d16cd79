"""`antsibull-docs lint-collection-docs`, in a folder whose name has no underscore.

It checks RST in a temporary folder and names that in it; a name that ends with an underscore, as one of 37 does, is a
reference in RST: "Unknown target name".
"""

from __future__ import annotations

import sys
import tempfile

from antsibull_docs.cli.antsibull_docs import main

if __name__ == "__main__":
    names = tempfile._RandomNameSequence  # type: ignore[attr-defined]
    names.characters = names.characters.replace("_", "")
    sys.argv[:1] = ["antsibull-docs", "lint-collection-docs"]
    sys.exit(main())
