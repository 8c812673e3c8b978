/** Bugs of the client: the replica and its outbox, tabs, and live queries. */

import { bug, client } from "./bug.mjs";

/** @type {readonly import("./bugs.mjs").Bug[]} */
export const clientBugs = [
  bug(
    "a pull is applied to other rows than it was asked for",
    client(
      "storage/memory-engine",
      'if (cookie !== commit.expectedCookie) return { kind: "stale" as const };',
      "",
    ),
    client("replica/rebase", 'if (memory.cookie !== request.cookie) return { kind: "stale" };', ""),
  ),
  bug(
    "a pull settles one mutation too many",
    client(
      "replica/pending-mutation",
      "id <= (lastMutationIDs[clientID] as number)",
      "id <= (lastMutationIDs[clientID] as number) + 1",
    ),
    client(
      "storage/memory-engine",
      "filter(({ id }) => id <= lastMutationID);",
      "filter(({ id }) => id <= lastMutationID + 1);",
    ),
  ),
  bug(
    "the outbox is emptied by the push",
    client(
      "sync/push",
      "      memory.answered.set(clientID, decided);\n",
      "      memory.answered.set(clientID, decided);\n      run.replica.emptied?.(clientID, decided);\n",
    ),
    client(
      "replica/replica",
      "  pullState(): PullState {",
      "  emptied(clientID, upTo) {\n    if (this.#memory.cookie !== null) void this.#options.engine.applyPull({ expectedCookie: this.#memory.cookie, cookie: this.#memory.cookie, syncedAt: 0, clear: false, puts: [], dels: [], lastMutationIDs: { [clientID]: upTo }, rejections: [], known: this.pullState().known, baseSeq: -1, rerun: [] });\n  }\n\n  pullState(): PullState {",
    ),
  ),
  bug(
    "pending mutations are not run again on a pull's rows",
    client("replica/replay", "if (different.isEmpty) return true;", "return true;"),
  ),
  bug(
    "a mutation is not run again for what it looked through",
    client("replica/reads", "if (different.of(table).size > 0) return true;", ""),
  ),
  bug(
    "what a mutation writes otherwise makes no other run again",
    client(
      "replica/replay",
      "    different?.look(were);\n    if (result.images !== were) different?.look(result.images);\n",
      "",
    ),
  ),
  bug(
    "a refused mutation is dropped without a word",
    client(
      "storage/memory-engine",
      "        for (const rejection of refused) rejected.set(rejection.uid, rejection);\n",
      "",
    ),
    client(
      "replica/replica-memory",
      "const rejected = [...this.#state.rejected, ...pull.rejected];",
      "const rejected = this.#state.rejected;",
    ),
  ),
  bug(
    "a refused mutation counts as confirmed",
    client(
      "replica/rebase",
      "      settlements.settle(entry.uid, refusal);",
      "      settlements.settle(entry.uid, undefined);",
    ),
  ),
  bug(
    "a discarded mutation leaves a hole",
    client(
      "storage/memory-engine",
      "          outbox.set(seq, asNoop(entry));",
      "          outbox.delete(seq);",
    ),
  ),
  bug(
    "a mutation that has got another client id cannot be given up",
    client(
      "replica/mutation-ref",
      "if (uid !== undefined) return mutation.uid === uid;",
      "void uid;",
    ),
  ),
  bug(
    "what a restored backup still knows is said to be undone",
    client("replica/undone", "decided[clientID]! : 0) + 1;", "decided[clientID]! : 1);"),
  ),
  bug(
    "the outbox keeps content of rows that are gone",
    client(
      "storage/outbox-entry",
      "image.row && !image.local && (clear || deleted.has(keyOf(image)));",
      "false;",
    ),
  ),
  bug(
    "a client id is taken although another tab has it",
    client(
      "tabs/client-claim",
      "if (release) return { clientID, isNew: false, release };",
      "return { clientID, isNew: false, release: release ?? (() => undefined) };",
    ),
  ),
  bug(
    "mutations get new uids with a new client id",
    client(
      "storage/outbox-entry",
      ".map((entry, at) => ({ ...entry, clientID, id: at + 1 }));",
      ".map((entry, at) => ({ ...entry, clientID, id: at + 1, uid: `${entry.uid.slice(0, -4)}${clientID.slice(0, 4)}` }));",
    ),
  ),
  bug(
    "a pull of another tab that was missed is not noticed",
    client("replica/rebase", 'if (pull.baseSeq > memory.baseSeq + 1) return "missed";', ""),
  ),
  bug(
    "what another tab stored unheard is not looked for",
    client(
      "replica/replica-memory",
      "if (pending !== known.length || lastSeq > Math.max(0, ...known)) return true;",
      "",
    ),
    client(
      "replica/replica-memory",
      "if (baseSeq > this.#baseSeq || localSeq > this.#localSeq) return true;",
      "",
    ),
  ),
  bug(
    "images of a mutation that did not see another one's are kept",
    client(
      "replica/pending-mutation",
      "if (Object.entries(others).some(([client, id]) => id > (knew[client] ?? 0)))\n      blind.add(mutation);",
      "void [others, knew];",
    ),
  ),
  bug(
    "a mutation of another tab is put over rows older than its own",
    client(
      "replica/hear",
      "const isOnOtherRows = unknown.some(({ baseSeq }) => baseSeq !== memory.baseSeq);",
      "const isOnOtherRows = first.baseSeq < memory.baseSeq;",
    ),
  ),
  bug(
    "a mutation does not tell which of other tabs' it was made with",
    client(
      "replica/hear",
      " ||\n        unknown.some(({ knew = {} }) => memory.lacksOneOf(knew));",
      ";",
    ),
  ),
  bug(
    "what another tab's pull settled unseen is told to nobody",
    client("replica/rebase", "(uid) => open.has(uid),", "() => open.size >= 0,"),
  ),
  bug(
    "a pull asks only about the clients that have something to send",
    client("replica/replica-memory", "...waiting, ...this.#clients.keys()", "...waiting"),
    client(
      "storage/memory-engine",
      'if ([...outbox.values()].some(isUnknown)) return { kind: "stale" as const };',
      "void isUnknown;",
    ),
  ),
  bug(
    "a tab that missed a pull takes what was refused for confirmed",
    client(
      "replica/rebase",
      "[...stored.clients.flatMap((client) => client.refused ?? []), ...stored.rejected].map(",
      "stored.rejected.map(",
    ),
  ),
  bug(
    "what a copy has used up under another tab's id settles that tab's",
    client(
      "replica/rebase",
      "if (isAhead && (clientID === own || memory.hasClient(clientID))) return [clientID];",
      "if (isAhead && clientID === own) return [clientID];",
    ),
  ),
  bug(
    "a snapshot that begins anew keeps the pages before it",
    client("replica/pull-patch", "      layer.clear();\n", ""),
  ),
  bug(
    "what was made after a mutation that cannot be stored is stored all the same",
    client(
      "replica/commit-queue",
      "lost = [...batch, ...this.#waiting];\n      this.#waiting = [];\n",
      "",
    ),
  ),
  bug(
    "a snapshot does not forget the rows before it",
    client(
      "replica/replica-memory",
      'const clear = pull.clear ? "synced" : "nothing";',
      'const clear = "nothing";',
    ),
  ),
  // Live queries.
  bug(
    "a live query keeps rows that left it",
    client(
      "live/operators/subquery-filter",
      "(isKept ? added : removed).push(tuple);",
      "if (isKept) added.push(tuple);",
    ),
  ),
  bug(
    "a live query is not told of rows that come into it",
    client(
      "live/routes",
      "for (const row of [before, after]) {\n        if (row) for",
      "for (const row of [before]) {\n        if (row) for",
    ),
  ),
  bug(
    "a row that changed where it stands is told to nobody",
    client(
      "live/live-queries",
      "rows.every((row, at) => row === others[at])",
      'rows.every((row, at) => row["id"] === others[at]?.["id"])',
    ),
  ),
  bug(
    "a window forgets where it begins",
    client(
      "live/row-window",
      "this.#own().splice(at, isThere ? 1 : 0, row);",
      "this.#own().splice(at, isThere ? 1 : 0, ...(at === 0 ? [] : [row]));",
    ),
  ),
  bug(
    "a join keeps pairs of rows that are none any more",
    client("live/operators/join", "      output.removed.push(old);\n", ""),
  ),
  bug(
    "a group keeps counting rows that are gone",
    client(
      "live/operators/group",
      "        group.accumulators[at]?.remove(valueIn(tuple, operand));",
      "        void at;",
    ),
  ),
];
