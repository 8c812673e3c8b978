import { nodeProject } from "../../tools/vitest/projects.ts";

export default nodeProject("plasma-testing", { postgres: true, chromium: true });
