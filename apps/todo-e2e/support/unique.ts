/** Names that nothing else has: tests share a worker, and look for their own things alone. */
import { randomBytes } from "node:crypto";

/** Reads well in a report, and cannot be found in anything by chance. */
export function unique(words: string): string {
  return `${words} ${randomBytes(4).toString("hex")}`;
}
