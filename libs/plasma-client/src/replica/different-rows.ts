/** Which rows are different in one state from what they are in another, looked at again wherever either has changed. */

import type { Row } from "@sh1n4ps/plasma-core";
import type { RowImage } from "../storage/engine.ts";
import { sameRow } from "./rows.ts";
import type { Rows } from "./rows.ts";

type Versions = readonly [was: Row | undefined, is: Row | undefined];

const NONE: ReadonlyMap<string, Versions> = new Map();

export class DifferentRows {
  readonly #was: Rows;
  readonly #is: Rows;
  readonly #tables = new Map<string, Map<string, Versions>>();

  constructor(was: Rows, is: Rows) {
    this.#was = was;
    this.#is = is;
  }

  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  of(table: string): ReadonlyMap<string, Versions> {
    return this.#tables.get(table) ?? NONE;
  }

  look(images: Iterable<Pick<RowImage, "table" | "id">>): void {
    for (const { table, id } of images) {
      const was = this.#was.get(table, id);
      const is = this.#is.get(table, id);
      const rows = this.#tables.get(table);
      if (!sameRow(was, is)) {
        if (rows) rows.set(id, [was, is]);
        else this.#tables.set(table, new Map([[id, [was, is]]]));
      } else if (rows?.delete(id) && rows.size === 0) {
        this.#tables.delete(table);
      }
    }
  }
}
