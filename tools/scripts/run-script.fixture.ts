/** A script of this folder as its users run it: in a process of its own. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** `name` without its ending. `output` is all that it has printed. */
export function runScript(
  name: string,
  args: readonly string[],
): Promise<{ readonly failed: boolean; readonly output: string }> {
  return new Promise((resolve) => {
    const command = [`tools/scripts/${name}.mjs`, ...args];
    execFile(process.execPath, command, { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, output: stdout + stderr }),
    );
  });
}
