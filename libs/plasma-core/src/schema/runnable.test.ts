import { describe, expect, it } from "vitest";
import { id, json, text } from "./column.ts";
import { crdtCounter, crdtLwwRegister, crdtOrSet, crdtPnCounter, file } from "./document-column.ts";
import { requireRunnable } from "./runnable.ts";
import { defineSchema } from "./schema.ts";
import { storageRef } from "./table-options.ts";
import { table } from "./table.ts";

const todos = table("todos", { id: id(), title: text(), extra: json() });

describe("requireRunnable()", () => {
  it("takes a schema of what works", () => {
    expect(() => requireRunnable(defineSchema({ todos }))).not.toThrow();
  });

  it("takes options that ask for nothing, and what works", () => {
    const t = table(
      "t",
      { id: id() },
      { changeLogSuppressed: false, resolveConflict: ({ incoming }) => incoming },
    );
    const local = table("local", { id: id() }, { changeLogSuppressed: true });
    expect(() => requireRunnable(defineSchema({ t, local }))).not.toThrow();
  });

  it("names everything that has to go, in one typed error", () => {
    const notes = table(
      "notes",
      {
        id: id(),
        secret: text().encrypted(),
        scan: file(),
        up: crdtCounter(),
        net: crdtPnCounter(),
        title: crdtLwwRegister<string>(),
        tags: crdtOrSet<string>().encrypted(),
      },
      {
        blobs: storageRef("archive"),
      },
    );
    expect(() => requireRunnable(defineSchema({ todos, notes }))).toThrow(
      expect.objectContaining({
        code: "unsupported",
        message:
          "This version of plasma cannot run this schema yet. Take out: " +
          '.encrypted() of "notes.secret"; "notes.scan", which is file(); ' +
          '"notes.up", which is crdtCounter(); "notes.net", which is crdtPnCounter(); ' +
          '"notes.title", which is crdtLwwRegister(); "notes.tags", which is crdtOrSet(); ' +
          '.encrypted() of "notes.tags"; blobs of table "notes".',
      }),
    );
  });
});
