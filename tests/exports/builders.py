from exports.saved import SavedExport


def make_saved_export(organization, person, name="Report", **columns):
    """A recurring export of `person`; by default each day at nine."""
    saved = SavedExport(organization=organization, requested_by=person)
    saved.change(name=name, **columns)
    return saved
