"""The province's own forms, one file per slug: what each asks, in which words, within which bounds.

No reading or writing here: transforms/form.py reads filled forms, transforms/form_template.py writes empty ones.
"""

from collections.abc import Mapping

from lake.contracts.form import Form
from lake.contracts.forms.document import DOCUMENT
from lake.contracts.forms.dossier import DOSSIER
from lake.contracts.forms.indicator import INDICATOR
from lake.contracts.forms.media import MEDIA
from lake.contracts.forms.system import SYSTEM
from lake.contracts.forms.task import TASK

FORMS: Mapping[str, Form] = {form.slug: form for form in (DOSSIER, DOCUMENT, TASK, SYSTEM, INDICATOR, MEDIA)}
