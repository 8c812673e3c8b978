import { PlasmaError } from "@sh1n4ps/plasma-core";
import { SyncServerError } from "@sh1n4ps/plasma-server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { logFailure, logSyncError } from "./failures.ts";

function logged(error: unknown): Record<string, unknown> {
  const log = vi.spyOn(console, "error").mockReturnValue(undefined);
  logFailure("GET /x", error);
  return JSON.parse(String(log.mock.lastCall?.[0])) as Record<string, unknown>;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the log of failures", () => {
  it("says what failed, the kind of error and where it was thrown", () => {
    const entry = logged(new TypeError("x is not a function"));
    expect(entry).toMatchObject({ what: "GET /x", name: "TypeError" });
    expect((entry["at"] as string[])[0]).toContain("failures.test.ts");
  });

  it("does not repeat messages that may quote what people wrote", () => {
    const secret = "buy a ring";
    const error = new PlasmaError("invalid-value", `"${secret}" is too long`, {
      details: { title: secret },
      cause: new Error(`multi\n  line ${secret}\nmessage`),
    });
    const entry = logged(error);
    expect(JSON.stringify(entry)).not.toContain(secret);
    expect(entry).toMatchObject({ code: "invalid-value", cause: { name: "Error" } });
  });

  it("repeats what the database says, and what is wrong with the settings", () => {
    const constraint = "D1_ERROR: UNIQUE constraint failed: todos.id: SQLITE_CONSTRAINT";
    expect(logged(new Error(constraint))).toMatchObject({ message: constraint });
    const settings = new PlasmaError("invalid-configuration", "APP_ORIGINS is empty.");
    expect(logged(settings)).toMatchObject({ message: "APP_ORIGINS is empty." });
  });

  it("holds what went wrong in the engine, and not what callers did wrong", () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    for (const kind of ["unauthorized", "forbidden", "invalid-request"] as const) {
      logSyncError(new SyncServerError(kind, "No."));
    }
    expect(log).not.toHaveBeenCalled();
    logSyncError(new SyncServerError("onPushed-failed", "secret", { cause: new Error("secret") }));
    expect(JSON.parse(String(log.mock.lastCall?.[0]))).toMatchObject({ code: "onPushed-failed" });
    expect(JSON.stringify(log.mock.calls)).not.toContain("secret");
  });

  it("takes anything that can be thrown", () => {
    expect(logged("a string")).toEqual({ what: "GET /x", name: "string" });
    expect(logged(undefined)).toEqual({ what: "GET /x", name: "undefined" });
  });
});
