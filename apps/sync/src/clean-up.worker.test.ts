import { createScheduledController, env } from "cloudflare:test";
import { fromD1 } from "@sh1n4ps/plasma-server";
import { expect, it } from "vitest";
import worker from "./index.ts";
import type { Env } from "./env.ts";

it("the daily job forgets what is older than the log is kept, also in an empty database", async () => {
  const bindings = env as unknown as Env;
  const executor = fromD1(bindings.DB);
  await worker.scheduled(createScheduledController(), bindings);
  await executor.run({
    text: "INSERT INTO _plasma_tickets (hash, room, principal, client_id, client_group_id, expires_at) VALUES ('h', 'r', 'p', 'c', 'g', 1)",
    params: [],
  });
  await worker.scheduled(createScheduledController(), bindings);
  expect(await executor.all({ text: "SELECT hash FROM _plasma_tickets", params: [] })).toEqual([]);
});
