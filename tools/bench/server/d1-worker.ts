/** A worker that runs the workload on its D1, and answers with the milliseconds that it took. */

import { fromD1 } from "@sh1n4ps/plasma-server";
import type { D1Like } from "@sh1n4ps/plasma-server";
import { byHand, measure, plasma } from "./workload.ts";
import type { Run } from "./workload.ts";

export interface D1Run extends Run {
  readonly contestant: "plasma" | "byHand";
}

export default {
  async fetch(request: Request, { DB }: { readonly DB: D1Like }): Promise<Response> {
    const run = (await request.json()) as D1Run;
    const open = run.contestant === "plasma" ? plasma : byHand;
    try {
      return Response.json({ ms: await measure(await open(fromD1(DB)), run) });
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  },
};
