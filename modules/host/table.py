"""What the verbs are made of: loops over TABLE 8 (table_linux.py, table_darwin.py), the managed objects of a
sandbox. A row gives names and what the spec wants of each; `after` says which kinds must stand before it.
A new kind is a file in kinds/ and a row there.
"""

import importlib

from say import Failed, progress


def rows_of(change):
    return importlib.import_module(f"table_{change.sandbox.system}").TABLE


def groups(change, rows=None):
    """[(kind, its objects)], in order."""
    sandbox = change.sandbox
    found = []
    for row in rows_of(change) if rows is None else rows:
        objects = [row.kind(change, name, desired) for name, desired in row.objects(sandbox, change)]
        if objects:
            found.append((row.kind, objects))
    return found


# -- what the verbs are made of --


def check(change, report):
    for kind, objects in groups(change):
        kind.check_all(objects, report)


def check_removal(change):
    """Raises Refused where the host would let half of it stay."""
    for kind, objects in groups(change):
        kind.check_removal(objects)


def plan(change):
    for _, objects in groups(change):
        for item in objects:
            line = item.plan()
            if line:
                yield line
    for item in dropped(change):
        yield f"delete {item.kind} {item.name}"


def converge(change):
    """Every object, before which the journal names it; then those that an earlier generation had and this one
    has not, where they must not outlast the change. Whether anything was made."""
    made = False
    for kind, objects in groups(change):
        if kind.is_the_change:
            made = drop(change, last=False) or made
        if kind.journaled:
            note(change, objects)
        kind.prepare(objects)
        new = [str(item.name) for item in objects if item.make()]
        if new:
            progress(f"{kind.kind}: {new[0]}" + (f" and {len(new) - 1} more" if new[1:] else ""))
        kind.settle(change)
        made = made or bool(new)
    return made


def differences(change):
    """(object, what differs), in order."""
    for _, objects in groups(change):
        for item in objects:
            yield item, item.difference()


def guards(change):
    """(object, what differs) of those without which no session starts. One after the other: beside each other, in
    threads, they took twice as long."""
    for _, objects in groups(change, [row for row in rows_of(change) if row.kind.guards]):
        for item in objects:
            yield item, item.guard()


def remove(change):
    """In reverse. What could not be removed, in words; while anything is left, so are the objects that go last."""
    left, last = [], []
    for kind, objects in reversed(groups(change)):
        kind.dismiss(objects)
        for item in reversed(objects):
            if kind.goes_last:
                last.append(item)
            else:
                take_away(item, left)
        kind.settle(change)
        if kind.journaled:
            for item in dropped(change, kind):
                take_away(item, left)
    for item in last if not left else []:
        take_away(item, left)
    return left


def retire(change):
    """What runs, and what starts it, in reverse. Accounts, folders and the state stay; what goes last does
    only where something else is left. What could not be removed, in words."""
    left, last = [], []
    for kind, objects in reversed(groups(change)):
        if kind.runs:
            kind.dismiss(objects)
        for item in reversed(objects):
            if kind.goes_last:
                last.append(item)
            elif kind.runs:
                take_away(item, left)
        if kind.runs:
            kind.settle(change)
    for item in last if not left else []:
        take_away(item, left)
    return left


def take_away(item, left):
    try:
        item.remove()
    except (Failed, OSError) as error:
        left.append(str(error))


# -- the journal: what was ever made, so that it goes when no spec wants it any more --


def note(change, objects):
    known = set(change.state.objects())
    new = known | {(item.kind, str(item.name)) for item in objects}
    if new != known:
        change.state.write_objects(new)


def dropped(change, only=None):
    """The journal's objects that are in no row, those first that were made last."""
    found = groups(change)
    wanted = {(kind.kind, str(item.name)) for kind, objects in found for item in objects}
    gone = [entry for entry in change.state.objects() if entry not in wanted]
    for row in reversed(rows_of(change)):
        if row.kind.journaled and only in (None, row.kind):
            mine = [name for kind, name in gone if kind == row.kind.kind]
            gone = [entry for entry in gone if entry[0] != row.kind.kind]
            yield from (row.kind(change, name) for name in mine)


def drop(change, last):
    """Whether anything went. last: those that stay until the new generation holds."""
    gone = [item for item in dropped(change) if item.dropped_last == last]
    for item in gone:
        item.remove()
    if gone:
        kinds = {(item.kind, item.name) for item in gone}
        change.state.write_objects(entry for entry in change.state.objects() if entry not in kinds)
        for kind in {type(item) for item in gone}:
            kind.settle(change)
    return bool(gone)
