from mail.kinds import Kind

#: Sent again where nobody knows whether it has arrived.
LETTER = Kind("letter", label="Letters", description="When somebody writes a letter", resend=True, optional=True)

#: Waits for a person then.
NOTICE = Kind("notice", label="Notices", description="When there is a notice", resend=False, optional=True)

#: Not sent where its subject says so.
FLEETING = Kind(
    "fleeting",
    label="Fleeting",
    description="Sometimes",
    resend=True,
    optional=False,
    still_wanted="tests.kinds.mail.is_not_over",
)


def is_not_over(email):
    return email.subject != "Over"
