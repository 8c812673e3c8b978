/** A server remembers where its clients stand. Nobody can tell, except by what it asks of the database. */

import { beforeEach, describe, expect, it } from "vitest";
import type { WireMutation } from "@sh1n4ps/plasma-core";
import type { SqlExecutor } from "../sql/executor.ts";
import { countRows, createWorld } from "./world.ts";
import type { Client, World } from "./world.ts";

export function standingContract(fresh: () => Promise<SqlExecutor>): void {
  describe("what a server remembers of its clients", () => {
    let executor: SqlExecutor;
    let world: World;
    let ada: Client;
    let asked: number;
    beforeEach(async () => {
      const real = await fresh();
      asked = 0;
      executor = {
        ...real,
        all: (statement) => {
          if (statement.text.includes("_plasma_attempts")) asked++;
          return real.all(statement);
        },
      };
      world = createWorld(executor);
      ada = world.client("ada");
      await believe(world, ada);
      asked = 0;
    });

    let shares = 0;
    const share = (client: Client): WireMutation =>
      client.mutation("takeShare", { id: `s${++shares}`, amount: 0 });
    /** So many pushes that the server believes what it remembers. */
    const believe = async (through: World, client: Client) => {
      for (let push = 0; push < 5; push++) await client.push([share(client)], through);
    };
    const push = async (client: Client, mutations: readonly WireMutation[], through = world) =>
      (await client.push(mutations, through)).results;
    const held = async (client: Client, mutations: readonly WireMutation[]) => {
      const response = await client.send("push", client.pushBody(mutations));
      expect(response.status).toBe(503);
    };

    it("spares it the question, for one mutation and for several", async () => {
      expect(await push(ada, [share(ada)])).toEqual([{ id: 6, status: "ok" }]);
      expect(await push(ada, [share(ada), share(ada)])).toHaveLength(2);
      expect(asked).toBe(0);
      expect(await countRows(executor, "shares")).toBe(8);
    });

    it("is not believed after another server has written, and then is again", async () => {
      const other = world.another();
      const bob = other.client("bob");
      await push(bob, [share(bob)], other);
      expect(await push(ada, [share(ada), share(ada)])).toMatchObject([
        { id: 6, status: "ok" },
        { id: 7, status: "ok" },
      ]);
      expect(asked).toBeGreaterThan(0);
      await believe(world, ada);
      asked = 0;
      await push(ada, [share(ada)]);
      expect(asked).toBe(0);
      expect(await countRows(executor, "shares")).toBe(14);
    });

    it("does not run again what another server has decided under the same id", async () => {
      const mutations = [share(ada)];
      const other = world.another();
      await push(ada, mutations, other);
      expect(await push(ada, mutations)).toEqual([{ id: 6, status: "ok", duplicate: true }]);
      expect(await countRows(executor, "shares")).toBe(6);
    });

    it("does not run again what was decided under another client id", async () => {
      const mutation = share(ada);
      const renewed = world.client("ada", "ada-renewed");
      await push(renewed, [{ ...mutation, id: 1 }]);
      expect(await push(ada, [mutation])).toEqual([{ id: 6, status: "ok", duplicate: true }]);
      expect(await countRows(executor, "shares")).toBe(6);
    });

    it("begins anew with a refusal that another server has made obsolete", async () => {
      await push(ada, [ada.mutation("createList", { id: "l", name: "list" })]);
      const other = world.another();
      await push(ada, [ada.mutation("addMember", { listId: "l", userId: "bob" })], other);
      const bob = other.client("bob");
      const added = await push(bob, [
        bob.mutation("addTodo", { id: "t", listId: "l", title: "one" }),
      ]);
      expect(added).toEqual([{ id: 1, status: "ok" }]);
    });

    it("counts a failure once, and forgets it when the mutator is mended", async () => {
      const crash = ada.mutation("crash", {});
      await held(ada, [crash]);
      const attempts = () =>
        executor.all({ text: "SELECT attempts FROM _plasma_attempts", params: [] });
      expect(await attempts()).toEqual([{ attempts: 1 }]);
      await held(ada, [crash]);
      expect(await attempts()).toEqual([{ attempts: 2 }]);
      expect(await push(ada, [{ ...share(ada), id: crash.id, uid: crash.uid }])).toEqual([
        { id: 6, status: "ok" },
      ]);
      expect(await attempts()).toEqual([]);
    });

    it("opens nobody else's client", async () => {
      const mallory = world.client("mallory", ada.clientID);
      mallory.nextID = ada.nextID;
      const response = await mallory.send("push", mallory.pushBody([share(mallory)]));
      expect(response.status).toBe(403);
      expect(await countRows(executor, "shares")).toBe(5);
    });

    it("is no help to a client that skips an id", async () => {
      ada.nextID++;
      const response = await ada.send("push", ada.pushBody([share(ada)]));
      expect(await response.json()).toMatchObject({ code: "gap", details: { expected: 6 } });
    });

    it("knows of reasons that are to be forgotten", async () => {
      await push(ada, [ada.mutation("refuse", { code: "not-today" })]);
      const reasons = () =>
        executor.all({
          text: "SELECT mutation_id FROM _plasma_client_mutations WHERE message IS NOT NULL",
          params: [],
        });
      expect(await reasons()).toHaveLength(1);
      ada.confirmed = 6;
      await push(ada, [share(ada)]);
      expect(await reasons()).toEqual([]);
      expect(asked).toBe(0);
    });
  });
}
