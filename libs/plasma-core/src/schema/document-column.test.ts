import { describe, expect, it } from "vitest";
import { PlasmaDefinitionError } from "../errors.ts";
import { id, text } from "./column.ts";
import { crdtCounter, crdtLwwRegister, crdtOrSet, crdtPnCounter, file } from "./document-column.ts";
import { completeRow } from "./row.ts";
import { alias, table, tableInfo } from "./table.ts";

const KINDS = { file, crdtCounter, crdtPnCounter, crdtLwwRegister, crdtOrSet };

describe("a column of a known document", () => {
  it.each(Object.entries(KINDS))("%s() is a document of its kind, not null", (kind, make) => {
    expect(make()).toMatchObject({ kind: "json", document: { kind }, isNullable: false });
  });

  it.each(Object.entries(KINDS))(
    "%s() keeps its kind under modifiers and in a table",
    (kind, make) => {
      const t = table("t", { id: id(), value: make().nullable().encrypted(), note: text() });
      expect(t.value).toMatchObject({ document: { kind }, isNullable: true, isEncrypted: true });
      expect(alias(t, "other").value.document).toEqual(t.value.document);
      expect(t.note.document).toBeUndefined();
    },
  );

  it("cannot be unique, having no equality", () => {
    expect(() => table("t", { id: id(), votes: crdtCounter().unique() })).toThrow(
      '"t.votes" is unique, but a document cannot be compared.',
    );
  });

  it("counters and sets begin empty, so that an insert may leave them out", () => {
    const t = table("t", { id: id(), up: crdtCounter(), net: crdtPnCounter(), tags: crdtOrSet() });
    expect(completeRow(tableInfo(t), { id: "1" })).toEqual({
      id: "1",
      up: {},
      net: { added: {}, subtracted: {} },
      tags: { added: {}, removed: [] },
    });
  });
});

describe("file()", () => {
  it("keeps a copy of its options", () => {
    const options = { maxSize: 5, mimeAllowList: ["image/*", "application/pdf"] };
    const column = file(options);
    options.maxSize = 9;
    expect(column.document).toEqual({
      kind: "file",
      options: { maxSize: 5, mimeAllowList: ["image/*", "application/pdf"] },
    });
  });

  it.each([
    [{ maxSize: 0 }, "file({ maxSize: 0 }) takes a whole number of bytes, 1 or more."],
    [{ maxSize: 1.5 }, "file({ maxSize: 1.5 }) takes a whole number"],
    [{ mimeAllowList: ["image"] }, 'such as "image/png" or "image/*", but was given "image".'],
    [{ mimeAllowList: ["Image/PNG"] }, "takes media types in lower case"],
    [{ upload: "now" }, 'file({ upload }) is "eager" or "lazy", but was given "now".'],
  ])("refuses %j", (options, message) => {
    expect(() => file(options as never)).toThrow(PlasmaDefinitionError);
    expect(() => file(options as never)).toThrow(message);
  });
});
