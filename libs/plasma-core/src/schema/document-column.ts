/**
 * Columns whose value is a document that the engine knows: a reference to a file, or a value that merges.
 *
 * In the row each is a JSON document, and like every other one it has neither equality nor order. They can be declared
 * and looked at; a client or server refuses to start with them until it can do what they promise (`runnable.ts`).
 */

import { PlasmaDefinitionError } from "../errors.ts";
import { makeColumn } from "./column.ts";
import type { Column, FileOptions } from "./column.ts";

/** What a row holds of a file: its bytes are found by their hash. */
export interface FileRef {
  /** SHA-256 of the bytes, in hexadecimal digits. */
  readonly hash: string;
  readonly size: number;
  readonly type: string;
  readonly name: string;
}

/** What each client has added. */
export type CrdtCounter = Readonly<Record<string, number>>;

export interface CrdtPnCounter {
  readonly added: CrdtCounter;
  readonly subtracted: CrdtCounter;
}

/** The last value, by time and then by client. */
export interface CrdtLwwRegister<T> {
  readonly value: T;
  readonly time: number;
  readonly clientID: string;
}

/** Values by the tag of the addition that brought them, and the tags that were removed. */
export interface CrdtOrSet<T> {
  readonly added: Readonly<Record<string, T>>;
  readonly removed: readonly string[];
}

const MEDIA_TYPE = /^[a-z0-9][a-z0-9.+-]*\/(\*|[a-z0-9][a-z0-9.+-]*)$/;

/** A file, kept outside of the row and known by the hash of its bytes. */
export function file(options: FileOptions = {}): Column<FileRef, false, null> {
  if (typeof options !== "object" || options === null) {
    throw new PlasmaDefinitionError(
      "file() takes an object of options: file({ maxSize: 5_000_000 }).",
    );
  }
  const { maxSize, mimeAllowList = [], upload } = options;
  if (maxSize !== undefined && !(Number.isSafeInteger(maxSize) && maxSize > 0)) {
    throw new PlasmaDefinitionError(
      `file({ maxSize: ${String(maxSize)} }) takes a whole number of bytes, 1 or more.`,
    );
  }
  for (const type of mimeAllowList) {
    if (MEDIA_TYPE.test(type)) continue;
    throw new PlasmaDefinitionError(
      `file({ mimeAllowList }) takes media types in lower case, such as "image/png" or "image/*", but was given "${type}".`,
    );
  }
  if (upload !== undefined && upload !== "eager" && upload !== "lazy") {
    throw new PlasmaDefinitionError(
      `file({ upload }) is "eager" or "lazy", but was given "${String(upload)}".`,
    );
  }
  return makeColumn({
    kind: "json",
    document: { kind: "file", options: Object.freeze({ ...options }) },
  });
}

/** A number that only grows; what several clients add at the same time adds up. */
export function crdtCounter(): Column<CrdtCounter, true, null> {
  return makeColumn({
    kind: "json",
    document: { kind: "crdtCounter" },
    hasDefault: true,
    defaultValue: {},
  });
}

/** A number that grows and shrinks; what several clients add and subtract at the same time adds up. */
export function crdtPnCounter(): Column<CrdtPnCounter, true, null> {
  return makeColumn({
    kind: "json",
    document: { kind: "crdtPnCounter" },
    hasDefault: true,
    defaultValue: { added: {}, subtracted: {} },
  });
}

/** A value of which the last writer's stays, by time and not by who reaches the server first. */
export function crdtLwwRegister<T>(): Column<CrdtLwwRegister<T>, false, null> {
  return makeColumn({ kind: "json", document: { kind: "crdtLwwRegister" } });
}

/** A set in which an addition wins over a removal that did not know of it. */
export function crdtOrSet<T>(): Column<CrdtOrSet<T>, true, null> {
  return makeColumn({
    kind: "json",
    document: { kind: "crdtOrSet" },
    hasDefault: true,
    defaultValue: { added: {}, removed: [] },
  });
}
