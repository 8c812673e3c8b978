/** Args at the door: what cannot be stored or sent is refused before anything is kept. */

import { encodeTagged, PlasmaValidationError } from "@sh1n4ps/plasma-core";
import type { Json } from "@sh1n4ps/plasma-core";

/** The server takes requests of 1 MiB; this leaves room for what surrounds the args. */
export const MAX_ARGS_BYTES = 1_000_000;

export function encodeArgs(name: string, args: unknown): Json {
  const encoded = encodeTagged(args);
  const size = utf8Length(JSON.stringify(encoded));
  if (size > MAX_ARGS_BYTES) {
    throw new PlasmaValidationError(
      `The args of "${name}" take ${size} bytes; at most ${MAX_ARGS_BYTES} can be sent. Split the mutation, or store large content as a file.`,
    );
  }
  return encoded;
}

function utf8Length(text: string): number {
  // One unit is at most three bytes: most texts need no exact count.
  return text.length * 3 <= MAX_ARGS_BYTES ? text.length : new TextEncoder().encode(text).length;
}
