import type { CoordinatorNamespace } from "@sh1n4ps/plasma-server/coordinator";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { wake } from "./pokes.ts";
import { signIn } from "./test-person.ts";

describe("waking", () => {
  it("reaches everybody else when one room fails, and says so", async () => {
    const socket = await (await signIn("ada")).openSocket();
    const broken = {
      idFromName: (name: string) => {
        if (name === "grace") throw new Error("This room is broken.");
        return env.COORDINATOR.idFromName(name);
      },
      get: (objectId: DurableObjectId) => env.COORDINATOR.get(objectId),
    } as CoordinatorNamespace;
    await expect(wake(broken, ["grace", "ada"])).rejects.toThrow(/1 of 2 people/);
    expect(await socket.arrived()).toEqual(['{"type":"poke"}']);
  });

  it("takes people who have no socket open", async () => {
    await expect(wake(env.COORDINATOR, ["nobody", "linus"])).resolves.toBeUndefined();
    await expect(wake(env.COORDINATOR, [])).resolves.toBeUndefined();
  });
});
