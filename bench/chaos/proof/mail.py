"""Every message accepted at least once, and none twice beyond what an unanswered hand-over allows.

A second copy may only exist where the kind is sent again (`resend`), with the same Message-ID and the same content, and
only if the attempt that sent the earlier one did not hear the server's answer.
"""

from collections import Counter, defaultdict

from bench.chaos.proof import Check, moment

#: The message that tries the way out past the outbox (mail.transport.try_out).
TRIAL = "Test from Roost"
#: Seconds by which the server's clock reading may come after an attempt's: it is asked when the message is complete.
SLACK = 2
#: What ends an attempt whose message may or may not have arrived.
UNANSWERED = ("died", "interrupted", "retried", "failed")
#: How the error of a message ends that was uncertain, and that a person has found in the mail server's log and dropped.
UNCERTAIN = "may or may not have the message."


def check(emails, attempts, copies, resend: dict[str, bool]) -> Check:
    """`emails`: rows of mail_email; `attempts` of all jobs; `copies`: what the server took; `resend` by kind."""
    result = Check("mail: every message accepted, none twice beyond what may be")
    taken = defaultdict(list)
    for copy in copies:
        taken[copy.message_id].append(copy)
    statuses, twice = Counter(), 0
    for email in emails:
        mine = taken.pop(email["message_id"], [])
        statuses[email["status"]] += 1
        twice += len(mine) > 1
        label = f"e-mail {email['id']} ({email['key']})"
        found = judge(email, attempts["mail.email", email["id"]], mine, resend)
        result.wrong += [f"{label} {words}" for words in found]
    strangers = [copy for some in taken.values() for copy in some if copy.subject != TRIAL]
    result.wrong += [f"no row knows {copy.message_id} to {copy.recipient}: {copy.subject}" for copy in strangers]
    states = ", ".join(f"{count:,} {status}" for status, count in statuses.most_common())
    result.proven = f"{len(copies):,} copies accepted of {len(emails):,} messages ({states}); {twice} came twice"
    return result


def judge(email, attempts, copies, resend) -> list[str]:
    """What is wrong with one message, given the copies that the server took of it."""
    wrong, count = [], len(copies)
    if email["kind"] not in resend:
        return [f"is of the unknown kind {email['kind']}"]
    if email["status"] == "done" and count == 0:
        wrong.append("is done and was never accepted")
    if email["status"] == "uncertain" and attempts[-1]["outcome"] not in UNANSWERED:
        wrong.append(f"is uncertain, and its last attempt ended {attempts[-1]['outcome']}")
    if email["status"] == "failed":
        wrong.append(f"failed: {email['error']}")
    if count > 1 and not resend[email["kind"]]:
        wrong.append(f"must not come twice and came {count} times")
    if len({(copy.recipient, copy.digest) for copy in copies}) > 1:
        wrong.append("came twice, and not as the same message")
    if any(copy.recipient != email["recipient"] for copy in copies):
        wrong.append(f"is for {email['recipient']} and went to {copies[0].recipient}")
    # A kind that is sent again may be withdrawn before that.
    may_be_left = email["error"].endswith(UNCERTAIN) or resend[email["kind"]]
    if email["status"] == "cancelled" and count and not may_be_left:
        wrong.append(f"is cancelled and was accepted {count} times")
    return wrong + _judge_copies(attempts, copies, is_done=email["status"] == "done")


def _judge_copies(attempts, copies, is_done):
    """Each copy belongs to an attempt of its own, which ended without the server's answer: all but the last one of a
    message that is done."""
    wrong, sent_by = [], Counter()
    for copy in sorted(copies, key=lambda copy: copy.at):
        around = [
            attempt
            for attempt in attempts
            if moment(attempt["started_at"]) <= copy.at <= moment(attempt["ended_at"]) + SLACK
        ]
        if not around:
            wrong.append("was accepted while no attempt was made at it")
            continue
        attempt = min(around, key=lambda attempt: sent_by[attempt["number"]])
        sent_by[attempt["number"]] += 1
        if sent_by[attempt["number"]] > 1:
            wrong.append(f"was accepted twice in attempt {attempt['number']}")
    unheard = sorted(sent_by)[: -1 if is_done else None]
    for attempt in attempts:
        if attempt["number"] in unheard and attempt["outcome"] not in UNANSWERED:
            wrong.append(f"was accepted in attempt {attempt['number']}, which ended {attempt['outcome']}")
    return wrong
