import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openSocket, personAt, startNode } from "./node-process.fixture.ts";

it("the sync server on Node answers over HTTP, and refuses sockets without a good ticket and bodies that are too long", async () => {
  const directory = mkdtempSync(join(tmpdir(), "plasma-node-"));
  const server = await startNode("--sqlite", join(directory, "app.sqlite"));
  try {
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect((await fetch(`${server.url}/nothing`)).status).toBe(404);
    const ada = await personAt(server, "ada");
    expect((await ada.rows("users")).map((user) => user["id"])).toContain("ada");
    const { socket, next } = await ada.listen();
    socket.send("ping");
    expect(await next()).toBe("pong");
    const stranger = openSocket(server, "ada", "x".repeat(43));
    const [, response] = (await once(stranger, "unexpected-response")) as [
      unknown,
      { readonly statusCode: number },
    ];
    expect(response.statusCode).toBe(403);
    stranger.on("error", () => undefined);
    stranger.terminate();
    const large = await fetch(`${server.url}/demo/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "x".repeat(10_000),
    });
    expect(large.status).toBe(400);
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true });
  }
});
