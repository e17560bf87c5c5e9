"""What to type: the command that can do something about an error, from the facts it carries."""

from collections.abc import Mapping
from shlex import quote
from typing import Any, Final

from pipeline.errors import KlyngeError, Remedy

_COMMANDS: Final[Mapping[Remedy, str]] = {
    Remedy.ACCEPT_JUMPS: "If it is right, accept it, once for all commands: "
    "klynge fetch {quarter} {accept}",
    Remedy.ADD_SOURCE: "To enter it: klynge add-source {source_id} --title TEXT",
    Remedy.APPLY_RULES_OF: "To apply the rules of another quarter to its population: "
    "klynge run {quarter} --rules {rules}",
    Remedy.ASK_AGAIN: "If the source was wrong, ask it again: klynge fetch {quarter} --refresh",
    Remedy.CHANGE_COST: "To change its amount: "
    "klynge change-cost {cost_id} --amount {amount_dkk} --from {quarter}",
    Remedy.DELIVER: "To deliver what is left: klynge deliver {report}",
    Remedy.END_COST: "To end one: klynge end-cost {cost_id} --last {quarter}",
    Remedy.END_MEMBERSHIP: "To end one first: "
    "klynge end-membership {cluster_id} {municipality_code} --last {quarter}",
    Remedy.EXPLAIN_AS_WRITTEN: "klynge run writes what is stored now as a new revision; to explain "
    "this one as it was written: klynge explain {revision} {cluster_id} {municipality_code}",
    Remedy.FETCH: "To ask the StatBank for it: klynge fetch {quarter}{by_rules}",
    Remedy.FIX_FORMAT: "To rewrite it: klynge check --fix-format",
    Remedy.GO_ONLINE: "Run the command without --offline, or name the data folder with --data-dir.",
    Remedy.LIST_CLUSTERS: "Each quarter has its own: klynge clusters --quarter {quarter} tells.",
    Remedy.NAME_AMOUNT: "Name the amount that each shares before and after: --amount KRONER",
    Remedy.NAME_DATA_FOLDER: "Name the data folder with --data-dir or KLYNGE_DATA_DIR, "
    "or start one here: klynge init",
    Remedy.NAME_SCOPE: "Say which of them it is, such as --scope {scope}",
    Remedy.REPLACE_SCENARIO: "To write it in the place of that: --replace",
    Remedy.RUN: "To write it: klynge run {quarter}",
    Remedy.UPDATE_DATA: "To look at newer rules first: klynge init --update --data-dir {folder}",
    Remedy.USE_STORED: "klynge run {quarter} --offline uses the snapshots stored.",
}


def command(remedy: Remedy | None, facts: Mapping[str, Any]) -> str:
    """Return the sentence that says what to type; empty where no command helps."""
    if remedy is None:
        return ""
    accept = " ".join(f"--accept-jump {code}" for code in facts.get("codes", ()))
    by_rules = f" --rules {facts['rules']}" if facts.get("rules") else ""
    folder = quote(str(facts.get("data_dir", "FOLDER")))
    unknown = {"quarter": "QUARTER", "cluster_id": "CLUSTER", "folder": folder}
    return _COMMANDS[remedy].format(**{**unknown, **facts}, accept=accept, by_rules=by_rules)


def told(error: KlyngeError) -> str:
    """Return an error as a user reads it: what happened, what to try, and what to type."""
    return "\n".join(filter(None, [str(error), command(error.remedy, error.facts)]))
