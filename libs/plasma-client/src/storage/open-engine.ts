/** The engine for this place: IndexedDB, or memory where the browser offers none. */

import type { Schema } from "@sh1n4ps/plasma-core";
import type { Durability } from "../options.ts";
import type { Platform } from "../platform.ts";
import type { Engine } from "./engine.ts";
import { createIdbEngine } from "./idb-engine.ts";
import { createMemoryEngine } from "./memory-engine.ts";

export interface OpenEngineOptions {
  readonly schema: Schema;
  readonly dbName: string;
  readonly clientGroupID: string;
  readonly platform: Platform;
  readonly durability: Durability | undefined;
}

export function openEngine(options: OpenEngineOptions): Engine {
  const { platform, durability, ...database } = options;
  if (!platform.indexedDB) {
    platform.log(
      "warn",
      "There is no IndexedDB here: changes that are not sent are lost with the page.",
    );
    return createMemoryEngine();
  }
  return createIdbEngine({ ...database, platform, ...(durability && { durability }) });
}
