/**
 * Finds the views that a change can concern without asking each of them: by the value of the column that a view is
 * pinned to, and by table for views that are not pinned. So a hundred open lists cost what one does.
 */

import type { RowChange } from "@sh1n4ps/plasma-core";
import { keyIn } from "../replica/pin.ts";
import type { Pin } from "../replica/pin.ts";

/** What a view has to hear of: rows with some values, or whole tables. */
export type Interest = Pin | { readonly tables: ReadonlySet<string> };

interface TableRoutes<T> {
  readonly unpinned: Set<T>;
  /** By column, then by the key of a value. */
  readonly pinned: Map<string, Map<string, Set<T>>>;
}

export class Routes<T> {
  readonly #tables = new Map<string, TableRoutes<T>>();

  add(target: T, interests: readonly Interest[]): void {
    for (const interest of interests) this.#add(target, interest);
  }

  delete(target: T, interests: readonly Interest[]): void {
    for (const interest of interests) this.#delete(target, interest);
  }

  #add(target: T, interest: Interest): void {
    if (!("column" in interest)) {
      for (const table of interest.tables) this.#of(table).unpinned.add(target);
      return;
    }
    const { pinned } = this.#of(interest.table);
    let byKey = pinned.get(interest.column);
    if (!byKey) pinned.set(interest.column, (byKey = new Map<string, Set<T>>()));
    for (const key of interest.keys) byKey.set(key, (byKey.get(key) ?? new Set()).add(target));
  }

  #delete(target: T, interest: Interest): void {
    if (!("column" in interest)) {
      for (const table of interest.tables) this.#tables.get(table)?.unpinned.delete(target);
      return;
    }
    const pinned = this.#tables.get(interest.table)?.pinned;
    const byKey = pinned?.get(interest.column);
    for (const key of interest.keys) {
      const targets = byKey?.get(key);
      targets?.delete(target);
      if (targets?.size === 0) byKey?.delete(key);
    }
    if (byKey?.size === 0) pinned?.delete(interest.column);
  }

  /** For each target that changes can concern, those changes, in their order. */
  route(changes: readonly RowChange[]): Map<T, RowChange[]> {
    const found = new Map<T, RowChange[]>();
    for (const change of changes) {
      for (const target of this.#concerned(change)) {
        const own = found.get(target);
        if (own) own.push(change);
        else found.set(target, [change]);
      }
    }
    return found;
  }

  #concerned({ table, before, after }: RowChange): Set<T> {
    const routes = this.#tables.get(table);
    const targets = new Set(routes?.unpinned);
    for (const [column, byKey] of routes?.pinned ?? []) {
      for (const row of [before, after]) {
        if (row) for (const target of byKey.get(keyIn(row, column)) ?? []) targets.add(target);
      }
    }
    return targets;
  }

  #of(table: string): TableRoutes<T> {
    let routes = this.#tables.get(table);
    if (!routes) this.#tables.set(table, (routes = { unpinned: new Set(), pinned: new Map() }));
    return routes;
  }
}
