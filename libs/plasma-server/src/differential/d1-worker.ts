/**
 * A worker that runs statements on its D1: what `tools/scripts/differential.mjs` talks to. Miniflare's own way in from
 * Node asks several times a statement, and now and then fails under load.
 */

import { fromD1 } from "../sql/d1.ts";
import type { D1Like } from "../sql/d1.ts";
import type { Statement } from "../sql/executor.ts";

export interface D1Request {
  readonly call: "all" | "run" | "batch";
  readonly statements: readonly Statement[];
}

export type D1Answer = { readonly result: unknown } | { readonly error: string };

export default {
  async fetch(request: Request, { DB }: { readonly DB: D1Like }): Promise<Response> {
    const { call, statements } = (await request.json()) as D1Request;
    try {
      return Response.json({ result: await ask(DB, call, statements) } satisfies D1Answer);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return Response.json({ error: message } satisfies D1Answer);
    }
  },
};

async function ask(
  database: D1Like,
  call: D1Request["call"],
  statements: readonly Statement[],
): Promise<unknown> {
  const executor = fromD1(database);
  if (call === "batch") return executor.batch(statements);
  const results: unknown[] = [];
  for (const statement of statements) results.push(await executor[call](statement));
  return results[0];
}
