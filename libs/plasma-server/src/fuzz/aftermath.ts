/** What must hold when all is over: nothing acknowledged is lost, and everybody's replica is what they may see. */

import type { MutationResult, PushResponse, WireMutation } from "@sh1n4ps/plasma-core";
import type { Client } from "../contract/world.ts";
import { sql, bind } from "../sql/fragment.ts";
import { ledgerOf } from "./population.ts";
import type { Person, Population } from "./population.ts";

/** A mutation that the server said it had applied. */
export interface Acknowledged {
  readonly person: Person;
  readonly clientID: string;
  readonly mutation: WireMutation;
}

export async function aftermath(
  population: Population,
  {
    acknowledged,
    entries,
  }: {
    readonly acknowledged: readonly Acknowledged[];
    /** How many entries each honest client has made in its ledger. */
    readonly entries: number;
  },
): Promise<string[]> {
  const found: string[] = [];
  for (const one of acknowledged) found.push(...(await repeated(population, one)));
  for (const [person, client] of population.honest) {
    await client.pull();
    found.push(...(await ledgerComplaints(population, person, entries)));
    found.push(...(await replicaComplaints(population, person, client)));
  }
  return found;
}

async function repeated(
  { world }: Population,
  { person, clientID, mutation }: Acknowledged,
): Promise<string[]> {
  const client = world.client(person, clientID);
  const response = await client.send("push", client.pushBody([mutation], 0));
  const answer = (await response.json()) as Partial<PushResponse>;
  const result: MutationResult | undefined = answer.results?.[0];
  if (response.status === 200 && result?.status === "ok" && result.duplicate) return [];
  return [
    `mutation ${mutation.id} of ${clientID} was applied, and sent again is answered ${response.status} ${JSON.stringify(answer)}`,
  ];
}

async function ledgerComplaints(
  { world }: Population,
  person: Person,
  entries: number,
): Promise<string[]> {
  const rows = await world.executor.all(
    sql`SELECT id FROM todos WHERE ${sql`"listId"`} = ${bind(ledgerOf(person))}`,
  );
  return rows.length === entries
    ? []
    : [`${person} made ${entries} entries, and the ledger has ${rows.length}`];
}

async function replicaComplaints(
  { world }: Population,
  person: Person,
  old: Client,
): Promise<string[]> {
  const fresh = world.client(person, `fresh-${person}`);
  await fresh.pull({ limit: 7 });
  const found: string[] = [];
  if (JSON.stringify(sorted(fresh)) !== JSON.stringify(sorted(old)))
    found.push(`the replica of ${person} is not what a fresh one is`);
  const visible = await visibleKeys(world.executor, person);
  if (JSON.stringify(fresh.keys()) !== JSON.stringify(visible))
    found.push(`${person} sees ${fresh.keys().join()} and may see ${visible.join()}`);
  return found;
}

function sorted({ rows }: Client): unknown {
  return [...rows].sort(([left], [right]) => (left < right ? -1 : 1));
}

/** The rules of the app, said once more and in plain SQL. */
async function visibleKeys(
  executor: Population["world"]["executor"],
  person: Person,
): Promise<string[]> {
  const me = bind(person);
  const mine = sql`(SELECT "listId" FROM members WHERE "userId" = ${me})`;
  const found = await executor.batch([
    sql`SELECT 'lists/' || id AS key FROM lists WHERE id IN ${mine}`,
    sql`SELECT 'members/' || id AS key FROM members WHERE "listId" IN ${mine}`,
    sql`SELECT 'todos/' || id AS key FROM todos WHERE "listId" IN ${mine}`,
    sql`SELECT 'notes/' || id AS key FROM notes WHERE substr(body, 1, length(${me}) + 1) = ${me} || ':'`,
    sql`SELECT 'secrets/' || id AS key FROM secrets WHERE owner <> ${me}`,
    sql`SELECT 'things/' || id AS key FROM things`,
    sql`SELECT 'shares/' || id AS key FROM shares`,
  ]);
  return found
    .flat()
    .map((row) => row["key"] as string)
    .sort();
}
