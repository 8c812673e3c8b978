import { nodeProject } from "../../tools/vitest/projects.ts";

export default nodeProject("sync", { postgres: true });
