/**
 * A client of the sync API that keeps nothing and knows none of our client code: it prepares what a
 * test is not about, and it tells what a new device would get from the server.
 */
import { randomUUID } from "node:crypto";
import { SCHEMA_VERSION } from "@plasma-starter/todo-domain";
import {
  CLIENT_GROUP_ID_HEADER,
  CLIENT_ID_HEADER,
  encodeTagged,
  PROTOCOL_VERSION,
} from "@sh1n4ps/plasma-core";
import type { PullResponse, PushResponse } from "@sh1n4ps/plasma-core";
import { addresses } from "./addresses.ts";
import type { Person } from "./person.ts";

export interface TestList {
  readonly id: string;
  readonly name: string;
}

export class ApiClient {
  private readonly person: Person;
  private readonly token: string;
  private readonly clientID = randomUUID();
  private lastMutationID = 0;

  private constructor(person: Person, token: string) {
    this.person = person;
    this.token = token;
  }

  static async as(person: Person): Promise<ApiClient> {
    const response = await fetch(`${addresses().syncUrl}/demo/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ account: person }),
    });
    const { token } = (await response.json()) as { token: string };
    return new ApiClient(person, token);
  }

  /** Runs one mutation, and throws unless the server has accepted it. */
  async mutate(name: string, args: unknown): Promise<void> {
    this.lastMutationID += 1;
    const id = this.lastMutationID;
    const response = await this.post<PushResponse>("push", {
      confirmed: 0,
      mutations: [{ id, uid: randomUUID(), name, args: encodeTagged(args), timestamp: Date.now() }],
    });
    const result = response.results[0];
    if (result?.status !== "ok") throw new Error(`${name} failed: ${JSON.stringify(result)}`);
  }

  /** Everything the person may see, by table, as the server tells a device that is new. */
  async snapshot(): Promise<Map<string, Record<string, unknown>[]>> {
    const tables = new Map<string, Record<string, unknown>[]>();
    let cookie: string | null = null;
    let hasMore = true;
    while (hasMore) {
      const page: PullResponse = await this.post<PullResponse>("pull", { cookie, clients: [] });
      for (const operation of page.patch) {
        if (operation.op !== "put") continue;
        tables.set(operation.table, [...(tables.get(operation.table) ?? []), operation.row]);
      }
      ({ cookie, hasMore } = page);
    }
    return tables;
  }

  /** The todos of a list, in their order. */
  async titlesOf(listId: string): Promise<string[]> {
    const todos = (await this.snapshot()).get("todos") ?? [];
    return todos
      .filter((row) => row.listId === listId)
      .sort((a, b) => (String(a.position) < String(b.position) ? -1 : 1))
      .map((row) => String(row.title));
  }

  async createList(name: string, titles: readonly string[] = []): Promise<TestList> {
    const id = randomUUID();
    await this.mutate("createList", {
      id,
      membershipId: randomUUID(),
      name,
      createdAt: new Date(),
    });
    for (const [index, title] of titles.entries()) await this.addTodo(id, title, index);
    return { id, name };
  }

  async addTodo(listId: string, title: string, index: number): Promise<void> {
    await this.mutate("addTodo", {
      id: randomUUID(),
      listId,
      title,
      // Fractional indexes of one length: `a0`, `a1` … are what the library itself makes.
      position: `a${index}`,
      createdAt: new Date(),
    });
  }

  /** Lets others into a list of one's own. */
  async share(list: TestList, ...people: Person[]): Promise<void> {
    const token = randomUUID();
    await this.mutate("createInvite", {
      id: randomUUID(),
      listId: list.id,
      token,
      createdAt: new Date(),
    });
    for (const person of people) {
      const guest = await ApiClient.as(person);
      await guest.mutate("joinList", { token, membershipId: randomUUID(), joinedAt: new Date() });
    }
  }

  async removeMember(list: TestList, person: Person): Promise<void> {
    await this.mutate("removeMember", { listId: list.id, userId: person });
  }

  private async post<Answer>(path: string, body: object): Promise<Answer> {
    const response = await fetch(`${addresses().syncUrl}/sync/${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${this.token}`,
        [CLIENT_ID_HEADER]: this.clientID,
        [CLIENT_GROUP_ID_HEADER]: this.person,
      },
      body: JSON.stringify({
        protocolVersion: PROTOCOL_VERSION,
        schemaVersion: SCHEMA_VERSION,
        clientGroupID: this.person,
        clientID: this.clientID,
        ...body,
      }),
    });
    if (!response.ok) {
      throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    }
    return (await response.json()) as Answer;
  }
}
