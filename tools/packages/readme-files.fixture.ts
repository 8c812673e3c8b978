/** The files that READMEs show: code blocks that say where they go, as in "```ts file=src/client.ts". */

import { readFileSync } from "node:fs";

const BLOCK = /^```\w+ file=(\S+)\n([\s\S]*?)^```$/gm;

export function filesInReadme(readme: string): Map<string, string> {
  const blocks = readFileSync(readme, "utf8").matchAll(BLOCK);
  return new Map([...blocks].map(([, path = "", text = ""]) => [path, text]));
}
