/** Bugs of the server: its commits and outcomes, its log, and what it tells in pulls. */

import { bug, client, server } from "./bug.mjs";

/** @type {readonly import("./bugs.mjs").Bug[]} */
export const serverBugs = [
  // Commits and outcomes.
  bug(
    "a commit does not look whether it was overtaken",
    server(
      "db/commit",
      "(SELECT version + 1 FROM _plasma_meta WHERE version = ${bind(base)})",
      "(SELECT version + 1 FROM _plasma_meta)",
    ),
    server(
      "db/commit",
      "UPDATE _plasma_meta SET version = ${bind(version)} WHERE version = ${bind(base)}",
      "UPDATE _plasma_meta SET version = version + 1",
    ),
  ),
  bug(
    "the outcome of a mutation is not stored",
    server("outcomes", "    insertOutcomes(record),\n", ""),
  ),
  bug(
    "the last mutation id does not move with the rows",
    server(
      "outcomes",
      "THEN ${bindInteger(last)} END, seen_at",
      "THEN ${bindInteger(first - 1)} END, seen_at",
    ),
  ),
  bug(
    "a gap in the ids is passed over",
    server("push/standing", "if (mutation.id > expected) {", "if (mutation.id > Infinity) {"),
    server(
      "push/standing",
      "if (mutation.id === expected) return null;",
      "if (mutation.id >= expected) return null;",
    ),
  ),
  bug(
    "a decided mutation is answered without its refusal",
    server("push/standing", 'stored?.outcome ?? { status: "ok" }', '{ status: "ok" }'),
  ),
  bug(
    "a copy of a client is not told",
    server(
      "push/standing",
      "if (stored?.uid && stored.uid !== mutation.uid) {",
      "if (stored?.uid === 0) {",
    ),
    client(
      "replica/rebase",
      "return uid !== undefined && isAnother ? [clientID] : [];",
      "return [];",
    ),
  ),
  bug(
    "a mutation that was decided under another client id runs again",
    server(
      "push/decide-one",
      "const outcome = standing.elsewhere.get(mutation.uid);",
      "const outcome = undefined;",
    ),
    server("push/decide-group", "      !standing.elsewhere.has(mutation.uid) &&\n", ""),
    server(
      "schema/system-tables",
      "CREATE UNIQUE INDEX IF NOT EXISTS _plasma_client_mutations_uid",
      "CREATE INDEX IF NOT EXISTS _plasma_client_mutations_uid",
    ),
  ),
  bug(
    "what a refused mutation of a group has written stays",
    server(
      "push/decide-group",
      'if (ran.kind === "failed" || isRefused) takeBack();',
      'if (ran.kind === "failed") takeBack();',
    ),
  ),
  bug(
    "a group is not asked whether each of it could stand alone",
    server("push/commit-runs", "      ...requirementGuards(required, engine.executor),\n", ""),
    server("push/decide-group", "if (!reliance) {", "if (reliance === 0) {"),
    server(
      "push/decide-group",
      "assumed.push(...ran.assumed, ...reliance.assumed);",
      "assumed.push(...ran.assumed, ...(reliance?.assumed ?? []));",
    ),
    server(
      "push/decide-group",
      "required.push(...reliance.required);",
      "required.push(...(reliance?.required ?? []));",
    ),
  ),
  bug(
    "what is taken to be free is not looked at",
    server(
      "push/commit-runs",
      "      ...assumptionGuards(withoutInserted(assumed, changes), engine.executor),\n",
      "",
    ),
  ),
  bug(
    "a refusal on an assumption is final",
    server(
      "push/decide-one",
      'if (outcome.status === "error" && assumed.length > 0) return "look";',
      "",
    ),
    server(
      "push/decide-one",
      "    assumed,\n  });",
      '    assumed: outcome.status === "error" ? [] : assumed,\n  });',
    ),
    server(
      "push/decide-group",
      'if (ran.kind === "failed" || (isRefused && ran.assumed.length > 0)) break;',
      'if (ran.kind === "failed") break;',
    ),
    server(
      "push/decide-group",
      "assumed.push(...ran.assumed, ...reliance.assumed);",
      "assumed.push(...(isRefused ? [] : ran.assumed), ...reliance.assumed);",
    ),
  ),
  bug(
    "what is remembered of a client is believed across its failures",
    server(
      "push/push",
      "keep(identity, stopped ? null : standing)",
      "keep(identity, standing ?? null)",
    ),
    server(
      "push/standing-memory",
      "if (known?.principal !== identity.principal) return null;",
      "if (!known) return null;",
    ),
    server(
      "push/standing-memory",
      "if ((request.mutations[0] as WireMutation).id !== lastMutationID + 1) return null;",
      "",
    ),
  ),
  bug(
    "a mutation is charged with the failures of the database",
    server(
      "push/decide-one",
      "counted ??= await countIfSuspect(job, standing);",
      "counted = await countIfSuspect(job, standing);",
    ),
    server(
      "push/decide-one",
      "if (counted && error instanceof StorageFailure)",
      "if (counted && job.engine === null)",
    ),
  ),
  bug(
    "a commit that was overtaken is not tried again",
    server("push/decide-one", "const MAX_ATTEMPTS = 10;", "const MAX_ATTEMPTS = 1;"),
  ),
  bug(
    "a mutation that fails is not given the time to get well",
    server(
      "attempts",
      "attempts >= quarantine.attempts && platform.clock.now() - firstAt >= quarantine.afterMs",
      "attempts >= quarantine.attempts && platform !== undefined && firstAt > 0",
    ),
  ),
  bug(
    "a mutation that fails has one attempt",
    server("attempts", "attempts >= quarantine.attempts && platform", "attempts > 0 && platform"),
  ),
  bug(
    "the upkeep keeps attempts for ever",
    server(
      "maintenance",
      'await slices.remove(sql`_plasma_attempts`, ["principal", "uid"], isOld)',
      "0",
    ),
  ),
  bug(
    "a mutator that fails is refused instead of held",
    server(
      "push/run-mutator",
      'if (!(ended.error instanceof PlasmaError)) return { kind: "failed", cause: ended.error };',
      'if (!(ended.error instanceof PlasmaError)) return { kind: "decided", outcome: { status: "ok" }, changes: nothing, assumed: [] };',
    ),
  ),
  bug(
    "a write is allowed that the rule forbids",
    server("db/transaction", "if (!rule || changes.length === 0) return;", "return;"),
  ),
  // The log.
  bug(
    "a deleted row leaves no history",
    server(
      "schema/sqlite-triggers",
      'does: [keepOld(table), noteInCommit(table, "OLD", "del")],',
      'does: [noteInCommit(table, "OLD", "del")],',
    ),
  ),
  bug(
    "an updated row leaves no history",
    server(
      "schema/sqlite-triggers",
      'does: [keepOld(table), noteInCommit(table, "NEW", "put")],',
      'does: [noteInCommit(table, "NEW", "put")],',
    ),
  ),
  bug(
    "an inserted row leaves no history",
    server(
      "schema/sqlite-triggers",
      'does: [keepNothing(table), noteInCommit(table, "NEW", "put")],',
      'does: [noteInCommit(table, "NEW", "put")],',
    ),
  ),
  // Pulls.
  bug(
    "a row that left the view is not taken away",
    server(
      "pull/pull-changes",
      "return [putsOf(question), delsOf(question)];",
      "return [putsOf(question)];",
    ),
  ),
  bug(
    "a row is sent although the rule hides it",
    server(
      "pull/pull-changes",
      '      WHERE ${visible(question, after, "row", "a")} AND (',
      "      WHERE 1 = 1 AND (",
    ),
  ),
  bug(
    "that a row is gone is told to those who never saw it",
    server(
      "pull/pull-changes",
      'WHERE ${visible(question, before, "old", "b")}\n        AND NOT EXISTS',
      "WHERE 1 = 1\n        AND NOT EXISTS",
    ),
  ),
  bug(
    "a row that came into view is not sent",
    server(
      "pull/pull-changes",
      '        OR NOT EXISTS (SELECT 1 FROM ${before.compiler.source(table)} AS old WHERE old.id = candidate.id AND ${visible(question, before, "old", "b")})\n',
      "",
    ),
  ),
  bug(
    "the change at the cookie's own version is left out of the past",
    server(
      "pull/pull-changes",
      "entry._v > ${SINCE} AND entry._v <= ${UNTIL}",
      "entry._v > ${SINCE} + 1 AND entry._v <= ${UNTIL}",
    ),
  ),
  bug(
    "other tables are not asked for what they hide or show",
    server(
      "pull/pull-changes",
      "[...tablesOfCondition(rule.condition)].some((other) => touched.has(other))",
      "false",
    ),
  ),
  bug(
    "a cookie says more than its pull has seen",
    server(
      "pull/pull",
      'positions: { "0": String(version) }, nonce });',
      'positions: { "0": String(meta.version) }, nonce });',
    ),
    server(
      "pull/pull",
      "const place: Place = { meta, base, version, nonce };",
      "const place: Place = { meta, base, version: meta.version, nonce };",
    ),
  ),
  bug(
    "a pull believes cookies from behind the horizon",
    server(
      "pull/pull",
      'if (seen.some(({ version }) => version < meta.horizon)) return { ...NOTHING, reset: "expired" };',
      "",
    ),
    server(
      "pull/pull",
      "(base.since < now.horizon || base.since > now.version)",
      "base.since > now.version",
    ),
    server(
      "pull/pull",
      "  // Another nonce: the version",
      "  nonces = { get: (version) => database.nonces.get(version) ?? seen.find((one) => one.version === version).nonce };\n  // Another nonce: the version",
    ),
    server("pull/pull", "const { meta, nonces } = database;", "let { meta, nonces } = database;"),
  ),
  bug(
    "a pull that a compaction overtakes is answered as a failure",
    server(
      "pull/pull",
      "    throw restartPull();\n",
      '    throw new StorageFailure("The database was replaced during a pull.");\n',
    ),
  ),
  bug(
    "a pull believes cookies of a past that was undone",
    server(
      "pull/pull",
      "if (seen.some(({ version, nonce: own }) => nonces.get(version) !== own))",
      "if (seen.some(({ version }) => version > meta.version))",
    ),
  ),
  bug(
    "a cookie is good under other rules",
    server("pull/pull", "cookie.visibility === visibility;", "true;"),
  ),
  bug(
    "later pages are of a later version",
    server("pull/pull", "      until: version,\n", "      until: meta.version,\n"),
  ),
  bug(
    "a pull settles mutations of later versions than its rows",
    server("pull/settled", "return Math.min(last, Math.max(decided, confirmed));", "return last;"),
  ),
  bug(
    "a later page takes what is forgotten for undecided",
    server(
      "pull/settled",
      "coalesce((SELECT min(outcome.mutation_id) - 1 FROM",
      "coalesce((SELECT max(outcome.mutation_id) FROM",
    ),
    server(
      "pull/settled",
      "AND outcome.version > ${bind(version)}), client.last_mutation_id)",
      "AND outcome.version <= ${bind(version)}), 0)",
    ),
  ),
  bug(
    "refusals are not told in pulls",
    server("pull/pull", "    rejections: settled.rejections,\n", "    rejections: [],\n"),
  ),
];
