/**
 * Pull: what a person's client is missing, from one snapshot.
 *
 * 1. Rows, outcomes and version are read in one batch, so that a mutation and its rows are seen together or not at
 *    all. A pull writes nothing.
 * 2. A cookie is believed if it is signed with this database's key, for this principal and schema version, by rules
 *    that still say the same, and if the database still has its version with the same nonce. Otherwise the client
 *    gets a snapshot: a `clear`, then everything it may see.
 * 3. Later pages belong to the version of the first. What happened since is computed away by the log, and comes with
 *    the next pull. Should the cookie of a page no longer be believed, a new snapshot begins.
 * 4. `lastMutationIDs` and `rejections` come with the last page, as of the same version as the rows.
 */

import type {
  PatchOperation,
  PullRequest,
  PullResponse,
  ResetReason,
  TableInfo,
} from "@sh1n4ps/plasma-core";
import { decodeCookie, encodeCookie, peekCookie, versionAt } from "../change-log/cookie.ts";
import type { Cookie, PagePosition } from "../change-log/cookie.ts";
import {
  metaFrom,
  noncesFrom,
  SELECT_CURRENT_NONCE,
  SELECT_META,
  selectNonces,
} from "../change-log/meta.ts";
import type { DatabaseMeta } from "../change-log/meta.ts";
import { bindRules, visibilityOf } from "../db/rules.ts";
import type { Rules } from "../db/rules.ts";
import type { Engine } from "../engine.ts";
import { RequestRefused, StorageFailure } from "../errors.ts";
import type { Identity } from "../options.ts";
import { askTable, readAnswer } from "./pull-changes.ts";
import { reportMisfits } from "./misfits.ts";
import type { TableAnswer, TableQuestion } from "./pull-changes.ts";
import { readSettled, selectSettled } from "./settled.ts";
import type { Settled } from "./settled.ts";
import { isWithin, readTouched, selectTouched } from "./touched.ts";
import type { TouchedTables } from "./touched.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlRow, Statement } from "../sql/executor.ts";
import { bind, sql } from "../sql/fragment.ts";

export async function pull(
  engine: Engine,
  identity: Identity,
  request: Required<PullRequest>,
): Promise<PullResponse> {
  const rules = bindRules(identity.ctx, engine.policy);
  const visibility = await visibilityOf(
    engine.schema,
    { rules, ctx: identity.ctx },
    engine.platform,
  );
  const job: Job = { engine, identity, request, rules, visibility };
  const standing = await readStanding(job);
  if (standing.owner !== null && standing.owner !== identity.principal) {
    throw new RequestRefused({
      status: 403,
      code: "forbidden",
      message: "This client cannot be used.",
      kind: "forbidden",
    });
  }
  const { base } = standing;
  const { reset } = base;
  if (reset) return { ...(await firstPage(job, standing)), reset };
  if (base.page) return continuePages(job, standing, base.page);
  if (base.since !== null && base.since === standing.meta.version) {
    return finish({ cookie: request.cookie!, patch: [], settled: standing.settled });
  }
  return firstPage(job, standing);
}

interface Job {
  readonly engine: Engine;
  readonly identity: Identity;
  readonly request: Required<PullRequest>;
  readonly rules: Rules;
  readonly visibility: string;
}

/** Where the client stands, as far as its cookie is believed. */
interface Base {
  readonly since: number | null;
  readonly nonce: string;
  readonly page: PagePosition | null;
  /** Why the cookie is not believed. */
  readonly reset?: ResetReason;
}

interface Standing {
  readonly meta: DatabaseMeta;
  readonly owner: string | null;
  readonly base: Base;
  /** Since the base, or the version of its page if there is none. */
  readonly touched: TouchedTables;
  readonly settled: Settled;
}

const NOTHING: Base = { since: null, nonce: "", page: null };

async function readStanding(job: Job): Promise<Standing> {
  const { engine, identity, request } = job;
  const claimed = request.cookie === null ? null : peekCookie(request.cookie);
  const versions = claimed ? versionsOf(claimed) : [];
  const [metaRows = [], nonceRows = [], touched = [], [owner] = [], ...settled] = await read(job, [
    SELECT_META,
    selectNonces(versions),
    touchedSince(job, versions[0] ?? 0),
    sql`SELECT principal FROM _plasma_clients WHERE client_id = ${bind(identity.clientID)}`,
    ...selectSettled(job, null),
  ]);
  const meta = metaFrom(metaRows);
  const key = { key: meta.macKey, platform: engine.platform };
  const cookie = request.cookie === null ? null : await decodeCookie(request.cookie, key);
  return {
    meta,
    owner: owner ? (owner["principal"] as string) : null,
    base: baseOf(job, cookie, { meta, nonces: noncesFrom(nonceRows) }),
    touched: readTouched(engine.schema, touched),
    settled: readSettled(settled),
  };
}

function touchedSince({ engine }: Job, version: number): Statement {
  const { schema, executor } = engine;
  return selectTouched({ schema, dialect: dialectOf(executor) }, version);
}

function versionsOf(cookie: Cookie): number[] {
  const since = versionAt(cookie.positions);
  return [...(since === null ? [] : [since]), ...(cookie.page ? [cookie.page.version] : [])];
}

function baseOf(
  job: Job,
  cookie: Cookie | null,
  database: { readonly meta: DatabaseMeta; readonly nonces: ReadonlyMap<number, string> },
): Base {
  if (job.request.cookie === null) return NOTHING;
  const { identity, request, visibility, engine } = job;
  const { meta, nonces } = database;
  const isOurs =
    cookie?.databaseId === meta.databaseId &&
    cookie.principal === identity.principal &&
    cookie.schemaVersion === request.schemaVersion &&
    cookie.visibility === visibility;
  if (!isOurs) return { ...NOTHING, reset: "changed" };
  const since = versionAt(cookie.positions);
  const { nonce, page = null } = cookie;
  const seen = [
    ...(since === null ? [] : [{ version: since, nonce }]),
    ...(page === null ? [] : [page]),
  ];
  if (seen.some(({ version }) => version < meta.horizon)) return { ...NOTHING, reset: "expired" };
  // Another nonce: the version that the client has seen was undone, and another one has taken its number.
  if (seen.some(({ version, nonce: own }) => nonces.get(version) !== own))
    return { ...NOTHING, reset: "rolled-back" };
  if (page !== null && !engine.schema.byName.has(page.table))
    return { ...NOTHING, reset: "changed" };
  return { since, nonce, page };
}

/** The first page: all tables in one batch, at the version that this batch finds. */
async function firstPage(job: Job, standing: Standing): Promise<PullResponse> {
  const { meta, base, touched } = standing;
  const asked = [...job.engine.schema.byName.values()].map((table) => {
    const question = { ...questionOf(job, table, base.since), touched };
    return { question, statements: askTable(question) };
  });
  const settling = selectSettled(job, null);
  const [metaRows = [], nonceRows = [], touchedRows = [], ...rest] = await read(job, [
    SELECT_META,
    SELECT_CURRENT_NONCE,
    touchedSince(job, base.since ?? 0),
    ...settling,
    ...asked.flatMap(({ statements }) => statements),
  ]);
  const now = metaFrom(metaRows);
  if (
    now.databaseId !== meta.databaseId ||
    (base.since !== null && (base.since < now.horizon || base.since > now.version))
  ) {
    throw restartPull();
  }
  const found = readTouched(job.engine.schema, touchedRows);
  if (base.since !== null && !isWithin(found, touched)) {
    return firstPage(job, { ...standing, touched: found });
  }
  const settled = readSettled(rest.splice(0, settling.length));
  const page = newPage(job.request.limit);
  if (base.since === null) page.patch.push({ op: "clear" });
  for (const { question, statements } of asked) {
    const answer = readAnswer(question, rest.splice(0, statements.length));
    page.take(question.table, answer);
    reportMisfits(job.engine, question.table, answer.misfits);
    if (page.stoppedAt) break;
  }
  const nonce = noncesFrom(nonceRows).get(now.version) ?? "";
  const place: Place = { meta: now, base, version: now.version, nonce };
  return page.stoppedAt ? more(job, place, page) : done(job, place, page, settled);
}

/** A later page: table by table, as of the version of the first. */
async function continuePages(
  job: Job,
  { meta, base, touched }: Standing,
  position: PagePosition,
): Promise<PullResponse> {
  const { version, nonce, lastId } = position;
  const tables = [...job.engine.schema.byName.values()];
  const start = tables.findIndex((table) => table.name === position.table);
  const page = newPage(job.request.limit);
  const place: Place = { meta, base, version, nonce };
  let known = touched;
  for (const [at, table] of tables.slice(start).entries()) {
    const question = {
      ...questionOf(job, table, base.since),
      until: version,
      after: at === 0 ? lastId : "",
    };
    const answer = await askLater(job, { question, touched: known });
    if (!answer) continue;
    known = answer.touched;
    page.take(table, answer);
    reportMisfits(job.engine, table, answer.misfits);
    if (page.stoppedAt) return more(job, place, page);
  }
  const [metaRows = [], ...settled] = await read(job, [
    SELECT_META,
    ...selectSettled(job, version),
  ]);
  // How far mutations were decided then is known as long as the log goes back to it.
  if (metaFrom(metaRows).horizon > version) throw restartPull();
  return done(job, place, page, readSettled(settled));
}

/** Null if nothing of this table can have changed. */
async function askLater(
  job: Job,
  asked: { readonly question: Omit<TableQuestion, "touched">; readonly touched: TouchedTables },
): Promise<(TableAnswer & { readonly touched: TouchedTables }) | null> {
  const { touched } = asked;
  const question = { ...asked.question, touched };
  const statements = askTable(question);
  if (statements.length === 0) return null;
  const base = question.since ?? question.until!;
  const [metaRows = [], touchedRows = [], ...rows] = await read(job, [
    SELECT_META,
    touchedSince(job, base),
    ...statements,
  ]);
  // What happened since the first page is computed away by the log, so the log must still have it.
  if (metaFrom(metaRows).horizon > base) throw restartPull();
  const found = readTouched(job.engine.schema, touchedRows);
  if (!isWithin(found, touched)) return askLater(job, { ...asked, touched: found });
  return { ...readAnswer(question, rows), touched };
}

function restartPull(): RequestRefused {
  return new RequestRefused({
    status: 409,
    code: "restart-pull",
    message: "The log was compacted, or the database replaced, during this pull. Pull again.",
  });
}

function questionOf(
  { engine, rules, request }: Job,
  table: TableInfo,
  since: number | null,
): Omit<TableQuestion, "touched"> {
  return {
    schema: engine.schema,
    dialect: dialectOf(engine.executor),
    table,
    rule: rules.of(table, "read"),
    since,
    until: null,
    after: "",
    limit: request.limit,
  };
}

/** A page also ends when it gets heavy, counted in characters of JSON. */
const MAX_PAGE_SIZE = 1_000_000;

interface Page {
  readonly patch: PatchOperation[];
  readonly stoppedAt: { readonly table: string; readonly lastId: string } | null;
  take(table: TableInfo, answer: TableAnswer): void;
}

function newPage(limit: number): Page {
  const patch: PatchOperation[] = [];
  let count = 0;
  let size = 0;
  let stoppedAt: Page["stoppedAt"] = null;
  return {
    patch,
    get stoppedAt() {
      return stoppedAt;
    },
    take(table, { operations, goOnAfter }) {
      let lastId: string | null = null;
      for (const { id, operation } of operations) {
        if (count >= limit || size >= MAX_PAGE_SIZE) {
          stoppedAt = { table: table.name, lastId: lastId ?? "" };
          return;
        }
        patch.push(operation);
        count++;
        size += JSON.stringify(operation).length;
        lastId = id;
      }
      if (goOnAfter !== null) stoppedAt = { table: table.name, lastId: goOnAfter };
    },
  };
}

interface Place {
  readonly meta: DatabaseMeta;
  readonly base: Base;
  /** The version that the pages belong to. */
  readonly version: number;
  readonly nonce: string;
}

async function more(job: Job, place: Place, page: Page): Promise<PullResponse> {
  const { base, version, nonce } = place;
  const cookie = await cookieOf(job, place.meta, {
    positions: base.since === null ? {} : { "0": String(base.since) },
    nonce: base.nonce,
    page: { version, nonce, ...page.stoppedAt! },
  });
  return { cookie, patch: page.patch, lastMutationIDs: {}, rejections: [], hasMore: true };
}

async function done(job: Job, place: Place, page: Page, settled: Settled): Promise<PullResponse> {
  const { version, nonce, meta } = place;
  const cookie = await cookieOf(job, meta, { positions: { "0": String(version) }, nonce });
  return finish({ cookie, patch: page.patch, settled });
}

function cookieOf(
  { engine, identity, request, visibility }: Job,
  meta: DatabaseMeta,
  position: Pick<Cookie, "positions" | "nonce" | "page">,
): Promise<string> {
  return encodeCookie(
    {
      ...position,
      databaseId: meta.databaseId,
      principal: identity.principal,
      schemaVersion: request.schemaVersion,
      visibility,
    },
    { key: meta.macKey, platform: engine.platform },
  );
}

function finish(answer: {
  readonly cookie: string;
  readonly patch: readonly PatchOperation[];
  readonly settled: Settled;
}): PullResponse {
  const { cookie, patch, settled } = answer;
  return {
    cookie,
    patch,
    lastMutationIDs: Object.fromEntries(settled.lastMutationIDs),
    lastMutationUIDs: Object.fromEntries(settled.lastMutationUIDs),
    rejections: settled.rejections,
    hasMore: false,
  };
}

async function read({ engine }: Job, statements: readonly Statement[]): Promise<SqlRow[][]> {
  try {
    return await engine.executor.batch(statements);
  } catch (cause) {
    throw new StorageFailure("Reading for a pull failed.", { cause });
  }
}
