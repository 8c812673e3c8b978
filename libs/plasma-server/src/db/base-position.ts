/**
 * Where a person stood when they made a mutation, as far as the cookie that comes with it is believed: it was written by
 * this database, for this person, and the rules still say of them what they said then. Otherwise what they saw then is
 * not known, and must not be guessed: a row that they could not read would show in what becomes of a conflict.
 *
 * Whether the log still reaches that far is asked along with the rows (`conflicts.ts`).
 */

import { syncedSchema } from "@sh1n4ps/plasma-core";
import { decodeCookie, versionAt } from "../change-log/cookie.ts";
import { metaFrom, SELECT_META } from "../change-log/meta.ts";
import type { Engine } from "../engine.ts";
import type { Identity } from "../options.ts";
import type { ReadStatement } from "../sql/executor.ts";
import { bindRules, visibilityOf } from "./rules.ts";

export interface BasePosition {
  readonly version: number;
  readonly nonce: string;
}

export async function basePosition(
  { engine, identity }: { readonly engine: Engine; readonly identity: Identity },
  base: string | null | undefined,
  read: ReadStatement,
): Promise<BasePosition | null> {
  if (typeof base !== "string") return null;
  const { policy, platform } = engine;
  const schema = syncedSchema(engine.schema);
  const meta = metaFrom(await read(SELECT_META));
  const cookie = await decodeCookie(base, { key: meta.macKey, platform });
  if (cookie?.databaseId !== meta.databaseId || cookie.principal !== identity.principal)
    return null;
  const { ctx } = identity;
  const visibility = await visibilityOf(schema, { rules: bindRules(ctx, policy), ctx }, platform);
  if (cookie.visibility !== visibility) return null;
  const version = versionAt(cookie.positions);
  return version === null ? null : { version, nonce: cookie.nonce };
}
