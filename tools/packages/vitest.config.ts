import { fileURLToPath } from "node:url";
import { mergeConfig } from "vitest/config";
import { nodeProject } from "../vitest/projects.ts";

const packed = fileURLToPath(new URL("./packed.fixture.ts", import.meta.url));

export default mergeConfig(nodeProject("packages"), { test: { globalSetup: [packed] } });
