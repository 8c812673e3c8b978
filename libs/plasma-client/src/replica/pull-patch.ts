/** The pages of one pull as one patch: the last operation on a row wins, a `clear` forgets what came before. */

import { decodeRow, isLocalOnly } from "@sh1n4ps/plasma-core";
import type { PullResponse, Schema } from "@sh1n4ps/plasma-core";
import { SyncClientError } from "../errors.ts";
import type { RowImage } from "../storage/engine.ts";
import { layerImages, setInLayer } from "./rows.ts";
import type { Layer } from "./rows.ts";

export interface PullPatch {
  readonly clear: boolean;
  readonly layer: Layer;
  readonly images: readonly RowImage[];
  readonly last: PullResponse;
}

export function mergePages(schema: Schema, pages: readonly PullResponse[]): PullPatch {
  const last = pages.at(-1);
  if (!last || last.hasMore) {
    throw new SyncClientError(
      "invalid-response",
      "A pull ended before its last page. It will be made again.",
    );
  }
  let clear = false;
  const layer: Layer = new Map();
  for (const operation of pages.flatMap((page) => page.patch)) {
    if (operation.op === "clear") {
      clear = true;
      layer.clear();
      continue;
    }
    // A server with more tables than this version of the app knows: additive changes leave old clients running.
    const table = schema.byName.get(operation.table);
    if (!table || isLocalOnly(table)) continue;
    if (operation.op === "put") {
      const row = decodeOrFail(() => decodeRow(table, operation.row));
      setInLayer(layer, { table: table.name, id: row["id"] as string, row });
    } else {
      setInLayer(layer, { table: table.name, id: operation.id, row: null });
    }
  }
  return { clear, layer, images: layerImages(layer), last };
}

function decodeOrFail<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw new SyncClientError(
      "invalid-response",
      `The server sent a row that does not fit the schema. ${cause instanceof Error ? cause.message : ""}`,
      { cause },
    );
  }
}
