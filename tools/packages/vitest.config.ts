import { nodeProject } from "../vitest/projects.ts";

export default nodeProject("packages");
