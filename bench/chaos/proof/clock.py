"""What is due by the clock has come, once: on both sides of a midnight, and in a day that has none."""

import time

from bench.chaos import database, zones
from bench.chaos.cast import PEOPLE, address
from bench.chaos.proof import Check, moment

#: Seconds after which what is due has been seen by somebody: consumers look each minute.
OVERDUE = 75


def check(connection, midnight: float, gap: float, saved: set) -> Check:
    """`midnight`, `gap`: seconds since 1970 (bench.chaos.zones); `saved`: the (person, name) of recurring exports."""
    result = Check("clock: each slot and each day once, across midnight too")
    result.wrong += missing(connection, midnight, gap, saved)
    late = database.rows(connection, "SELECT name, next_slot FROM jobs_schedule WHERE NOT paused")
    result.wrong += [
        f"the schedule {row['name']} should have run at {row['next_slot']}"
        for row in late
        if moment(row["next_slot"]) < time.time() - OVERDUE
    ]
    runs = database.rows(connection, "SELECT count(*) FROM jobs_scheduledrun WHERE status = 'done'")[0][0]
    again = database.rows(
        connection,
        "SELECT saved_export_id, slot FROM exports_exportjob WHERE slot IS NOT NULL "
        "GROUP BY saved_export_id, slot HAVING count(*) > 1",
    )
    result.wrong += [f"the recurring export {row[0]} ran twice for {row[1]}" for row in again]
    days = database.rows(connection, "SELECT count(*), count(DISTINCT user_id) FROM orgs_duereminder")[0]
    result.proven = (
        f"{len(late)} schedules with {runs:,} runs; {days[0]} reminders of {days[1]} people; "
        f"{len(saved)} recurring exports due at the midnights"
    )
    return result


def missing(connection, midnight, gap, saved) -> list[str]:
    """What should have come by now, and has not."""
    now, found = time.time(), []
    for name, person in PEOPLE.items():
        if person.zone == "UTC":
            day = time.strftime("%Y-%m-%d", time.gmtime(now))
        elif person.zone == "Chaos/Midnight":
            day = str(zones.local_day(now, midnight))
        else:
            day = str(zones.local_day(now, gap, leaps=True))
        query = (
            "SELECT 1 FROM orgs_duereminder AS r JOIN accounts_user AS u ON u.id = r.user_id "
            "WHERE email = ? AND day = ? AND status = 'done'"
        )
        if not database.rows(connection, query, address(name), day):
            found.append(f"{name} was not reminded on {day}")
    for person, name in saved:
        slot, width = (midnight, 1) if PEOPLE[person].zone == "Chaos/Midnight" else (gap, zones.LEAP)
        query = (
            "SELECT slot FROM exports_exportjob AS x JOIN exports_savedexport AS s ON s.id = saved_export_id "
            "JOIN accounts_user AS u ON u.id = x.requested_by_id "
            "WHERE email = ? AND s.name = ? AND x.status IN ('done', 'failed') AND slot IS NOT NULL"
        )
        slots = [moment(row["slot"]) for row in database.rows(connection, query, address(person), name)]
        if not any(int(slot) <= ran < int(slot) + width for ran in slots):
            found.append(f"the recurring export {name} of {person} did not run at its midnight, but at {slots}")
    return found
