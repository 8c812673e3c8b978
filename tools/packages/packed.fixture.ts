/** The packages as they are published, made once for all tests: `inject("packed")`. */

import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { repoRoot } from "../scripts/setup.mjs";
import { packAll } from "./pack.mjs";

declare module "vitest" {
  export interface ProvidedContext {
    packed: Awaited<ReturnType<typeof packAll>>;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  // Inside the workspace, where they find the types of other packages; apart from what somebody has built.
  project.provide(
    "packed",
    await packAll({ output: join(repoRoot, "dist", "packages-under-test") }),
  );
}
