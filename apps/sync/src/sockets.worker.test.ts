import { SOCKET_PROTOCOL } from "@sh1n4ps/plasma-core";
import { pokeCoordinator } from "@sh1n4ps/plasma-server/coordinator";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { signIn, upgrade } from "./test-person.ts";
import type { TestPerson } from "./test-person.ts";

let ada: TestPerson;

beforeAll(async () => {
  ada = await signIn("ada");
});

afterEach(() => {
  vi.useRealTimers();
});

/** All that somebody outside can tell one refusal from another by. */
async function seen(response: Response) {
  expect(response.webSocket).toBeNull();
  const headers = Object.fromEntries(response.headers);
  return { status: response.status, headers, body: await response.text() };
}

async function open(ticket: string, room = "ada"): Promise<Response> {
  const response = await upgrade(room, ticket);
  response.webSocket?.accept();
  return response;
}

describe("a socket", () => {
  it("opens with a ticket, and the ticket does not come back", async () => {
    const response = await open(await ada.ticket());
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe(SOCKET_PROTOCOL);
  });

  it("opens once for each ticket", async () => {
    const ticket = await ada.ticket();
    expect((await open(ticket)).status).toBe(101);
    expect((await open(ticket)).status).toBe(403);
  });

  it("opens once even when the same ticket is shown many times at once", async () => {
    const ticket = await ada.ticket();
    const answers = await Promise.all(Array.from({ length: 12 }, () => open(ticket)));
    expect(answers.filter(({ status }) => status === 101)).toHaveLength(1);
  });

  it("opens within 30 seconds, and not after", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const [early, late] = [await ada.ticket(), await ada.ticket()];
    vi.setSystemTime(Date.now() + 29_000);
    expect((await open(early)).status).toBe(101);
    vi.setSystemTime(Date.now() + 2_000);
    expect((await open(late)).status).toBe(403);
  });

  it("opens in the room that the ticket is for, and in no other", async () => {
    expect((await open(await ada.ticket(), "grace")).status).toBe(403);
    expect((await open(await ada.ticket(), "no-such-room")).status).toBe(403);
    expect((await open(await ada.ticket("ada"), "ada")).status).toBe(101);
  });

  it("opens for the app's pages only", async () => {
    for (const origin of ["https://evil.test", "null", "https://todo.test.evil.test"]) {
      expect((await upgrade("ada", await ada.ticket(), origin)).status).toBe(403);
    }
  });

  it("is refused in the same words, whatever was wrong", async () => {
    const used = await ada.ticket();
    (await open(used)).webSocket?.close(1000);
    const refusals = await Promise.all([
      upgrade("ada", undefined).then(seen),
      upgrade("ada", "nonsense").then(seen),
      upgrade("ada", used).then(seen),
      upgrade("grace", await ada.ticket()).then(seen),
      upgrade("no-such-room", await ada.ticket()).then(seen),
      upgrade("", await ada.ticket()).then(seen),
    ]);
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal))).size).toBe(1);
    expect(JSON.parse(refusals[0]?.body ?? "")).toMatchObject({
      code: expect.any(String) as string,
    });
  });

  it("is not for a plain request", async () => {
    const response = await ada.post("/sync/coordinator?room=ada", {});
    expect(response.ok).toBe(false);
    await response.body?.cancel();
  });
});

describe("a ticket", () => {
  it("is given for one's own room, and for no other, known or not", async () => {
    const others = ["grace", "no-such-room", "", "ADA"];
    const answers = await Promise.all(
      others.map(async (room) => {
        const response = await ada.post("/sync/ticket", { room });
        return [response.status, await response.text()];
      }),
    );
    for (const answer of answers.slice(0, 2)) expect(answer).toEqual(answers[0]);
    for (const [status] of answers) expect([400, 403]).toContain(status);
    expect(await ada.ticket("ada")).toMatch(/^[\w-]{22,}$/);
  });

  it("is not kept in a form that opens anything", async () => {
    const ticket = await ada.ticket();
    const { results } = await env.DB.prepare(`SELECT * FROM "_plasma_tickets"`).all();
    expect(results.length).toBeGreaterThan(0);
    expect(JSON.stringify(results)).not.toContain(ticket);
  });
});

describe("a poke", () => {
  it("arrives at each of a person's sockets, and at nobody else's", async () => {
    const grace = await signIn("grace");
    const phone = await signIn("grace");
    const sockets = [await grace.openSocket(), await phone.openSocket()];
    const linus = await (await signIn("linus")).openSocket();
    expect(await pokeCoordinator(env.COORDINATOR, "grace")).toBe(2);
    for (const socket of sockets) expect(await socket.arrived()).toEqual(['{"type":"poke"}']);
    expect(await linus.arrived()).toEqual([]);
  });
});
