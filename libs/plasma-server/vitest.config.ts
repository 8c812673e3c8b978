import { nodeProject } from "../../tools/vitest/projects.ts";

export default nodeProject("plasma-server", { postgres: true });
